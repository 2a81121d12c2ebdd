# SPDX-License-Identifier: GPL-3.0-or-later
"""NetworkCIFAR of quark0/darts, written again as PyTorch modules to judge the reference; knows no memnet layers.

python tests/darts_network.py        write the logits that tests without PyTorch compare with
"""

from __future__ import annotations

import torch
from frozen_logits import CASES, CLASSES, freeze
from torch import nn

from memnet.genotype.read import read_genotype


class FactorizedReduce(nn.Module):
    def __init__(self, c_in, c_out):
        super().__init__()
        self.conv_1 = nn.Conv2d(c_in, c_out // 2, 1, stride=2, bias=False)
        self.conv_2 = nn.Conv2d(c_in, c_out // 2, 1, stride=2, bias=False)
        self.bn = nn.BatchNorm2d(c_out)

    def forward(self, x):
        x = x.relu()
        return self.bn(torch.cat([self.conv_1(x), self.conv_2(x[:, :, 1:, 1:])], dim=1))


class ReLUConvBN(nn.Module):
    def __init__(self, c_in, c_out):
        super().__init__()
        self.op = nn.Sequential(nn.ReLU(), nn.Conv2d(c_in, c_out, 1, bias=False), nn.BatchNorm2d(c_out))

    def forward(self, x):
        return self.op(x)


class Separable(nn.Module):
    def __init__(self, c, k, stride):
        super().__init__()
        self.op = nn.Sequential(
            nn.ReLU(),
            nn.Conv2d(c, c, k, stride=stride, padding=k // 2, groups=c, bias=False),
            nn.Conv2d(c, c, 1, bias=False),
            nn.BatchNorm2d(c),
            nn.ReLU(),
            nn.Conv2d(c, c, k, stride=1, padding=k // 2, groups=c, bias=False),
            nn.Conv2d(c, c, 1, bias=False),
            nn.BatchNorm2d(c),
        )

    def forward(self, x):
        return self.op(x)


class Dilated(nn.Module):
    def __init__(self, c, k, stride):
        super().__init__()
        pad = {3: 2, 5: 4}[k]
        self.op = nn.Sequential(
            nn.ReLU(),
            nn.Conv2d(c, c, k, stride=stride, padding=pad, dilation=2, groups=c, bias=False),
            nn.Conv2d(c, c, 1, bias=False),
            nn.BatchNorm2d(c),
        )

    def forward(self, x):
        return self.op(x)


class Zero(nn.Module):
    def __init__(self, stride):
        super().__init__()
        self.stride = stride

    def forward(self, x):
        return x[:, :, :: self.stride, :: self.stride] * 0.0


OPS = {
    "none": lambda c, s: Zero(s),
    "max_pool_3x3": lambda c, s: nn.MaxPool2d(3, stride=s, padding=1),
    "avg_pool_3x3": lambda c, s: nn.AvgPool2d(3, stride=s, padding=1, count_include_pad=False),
    "skip_connect": lambda c, s: nn.Identity() if s == 1 else FactorizedReduce(c, c),
    "sep_conv_3x3": lambda c, s: Separable(c, 3, s),
    "sep_conv_5x5": lambda c, s: Separable(c, 5, s),
    "dil_conv_3x3": lambda c, s: Dilated(c, 3, s),
    "dil_conv_5x5": lambda c, s: Dilated(c, 5, s),
}


class DartsCell(nn.Module):
    def __init__(self, cell, c_prev_prev, c_prev, c, reduction, reduction_prev):
        super().__init__()
        self.preprocess0 = FactorizedReduce(c_prev_prev, c) if reduction_prev else ReLUConvBN(c_prev_prev, c)
        self.preprocess1 = ReLUConvBN(c_prev, c)
        self.cell = cell
        self._ops = nn.ModuleList(
            OPS[edge.op](c, 2 if reduction and edge.source < 2 else 1) for node in cell.nodes for edge in node
        )

    def forward(self, s0, s1):
        states = [self.preprocess0(s0), self.preprocess1(s1)]
        ops = iter(self._ops)
        for node in self.cell.nodes:
            states.append(sum(next(ops)(states[edge.source]) for edge in node))
        return torch.cat([states[i] for i in self.cell.concat], dim=1)


class DartsNetwork(nn.Module):
    def __init__(self, genotype, c, layers, image_channels, classes):
        super().__init__()
        c_prev_prev = c_prev = 3 * c
        self.stem = nn.Sequential(nn.Conv2d(image_channels, c_prev, 3, padding=1, bias=False), nn.BatchNorm2d(c_prev))
        self.cells = nn.ModuleList()
        reduction_prev = False
        for i in range(layers):
            reduction = i in [layers // 3, 2 * layers // 3]
            if reduction:
                c *= 2
            cell = genotype.reduce if reduction else genotype.normal
            self.cells.append(DartsCell(cell, c_prev_prev, c_prev, c, reduction, reduction_prev))
            reduction_prev = reduction
            c_prev_prev, c_prev = c_prev, len(cell.concat) * c
        self.classifier = nn.Linear(c_prev, classes)

    def forward(self, x):
        s0 = s1 = self.stem(x)
        for cell in self.cells:
            s0, s1 = s1, cell(s0, s1)
        return self.classifier(s1.mean(dim=(2, 3)))


def darts_logits(genotype, c, layers, classes, tensors, images):
    """Load tensors under the state dict's own names, all and no others, and return the logits in float64."""
    network = DartsNetwork(genotype, c, layers, images.shape[1], classes).double().eval()
    state = {name: torch.tensor(tensor) for name, tensor in tensors.items()}
    counters = {name: value for name, value in network.state_dict().items() if name.endswith("num_batches_tracked")}
    network.load_state_dict({**state, **counters}, strict=True)
    with torch.no_grad():
        return network(torch.tensor(images)).numpy()


def fresh(case):
    """Return what the network computes now for a case of `frozen_logits`."""
    genotype = read_genotype(case.genotype)
    return darts_logits(genotype, case.channels, case.layers, CLASSES, case.tensors(), case.images())


if __name__ == "__main__":
    freeze({str(case): fresh(case) for case in CASES}, torch.__version__)
