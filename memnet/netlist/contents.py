# SPDX-License-Identifier: GPL-3.0-or-later
"""`Export`: what the netlists, images and expected outputs of an export are made from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from memnet.circuit import Circuit
from memnet.errors import SetupError
from memnet.netlist.places import identifier
from memnet.units import Floats, number

# Shares of the largest output that the outputs of a tool may differ by: from the circuit itself, at dc and at the end
# of an image's time in a transient; from the reference, where nobody computed how far the circuit is from it.
DC_SHARE, SETTLED_SHARE, UNKNOWN_SHARE = 0.002, 0.01, 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """The time axis of a transient testbench: each image is applied for `image_s`, one after the other."""

    image_s: float
    step_s: float  # largest time step


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """Everything that an export consists of.

    Attributes
    ----------
    title : what the circuit is, in a few words
    images_v : (images, input nets) volts
    expected_v : (images, classes) volts of the class outputs, computed by the quantised reference, or from the devices
    deviation_v : (classes,) largest deviations of the outputs of this circuit from the reference, on these images, by
        the numeric engine; None where nobody computed them
    sampled : whether the devices are not at their targets, so that `expected_v` are computed from them
    wires : what the wires of arrays resist, in words; '' where they do not
    law : the law of memristors, in words; '' where they are linear
    cell : the cell that each memristor stands in, in words; '' where it stands alone
    labels : (images,) true classes; empty if unknown
    notes : what a reader of the outputs must know, such as that no trained weights are in them
    timing : of a transient testbench; with None the testbench is a dc sweep over the images
    symbols : whether there are symbols and a schematic of the testbench besides
    extra : contents of further files by name, such as the placement table
    listed_up_to : memristors up to which exports have a placement table, where this one has more and so has none
    about : further entries of the manifest
    """

    circuit: Circuit
    title: str
    images_v: Floats
    expected_v: Floats
    deviation_v: Floats | None = None
    sampled: bool = False
    wires: str = ""
    law: str = ""
    cell: str = ""
    dialect: str = "ngspice"
    name: str = "network"
    labels: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    notes: tuple[str, ...] = ()
    timing: Timing | None = None
    symbols: bool = False
    extra: Mapping[str, Iterable[bytes]] = field(default_factory=dict)
    listed_up_to: int | None = None
    about: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse names that are no names of a subcircuit, or of a file in the folder."""
        if self.name != identifier(self.name) or not self.name:
            raise SetupError(f"name {self.name!r}: use lower-case letters, digits and _")
        for file in self.extra:
            if PurePosixPath(file).name != file or "\\" in file:
                raise SetupError(f"extra file {file!r}: give the name of a file, without a folder")

    @property
    def analysis(self) -> Literal["dc", "transient"]:
        """Return the analysis of the testbench."""
        return "dc" if self.timing is None else "transient"

    @property
    def share(self) -> float:
        """Return which part of the largest output a tool may differ by, besides what `expected_v` leave out."""
        if self.deviation_v is None:
            return UNKNOWN_SHARE
        return DC_SHARE if self.timing is None else SETTLED_SHARE

    @property
    def largest_v(self) -> float:
        """Return the largest magnitude of an output, volts."""
        return float(np.abs(self.expected_v).max(initial=0.0))

    @property
    def tolerance_v(self) -> Floats:
        """Return how far from `expected_v` each class output of a tool may be, (classes,) volts."""
        tolerance = np.full(self.expected_v.shape[1], self.share * self.largest_v)
        # what devices of their own deviate by is in `expected_v` already
        return tolerance if self.deviation_v is None or self.sampled else tolerance + self.deviation_v


def technology_legend(export: Export) -> list[str]:
    """Return lines on technology, levels and bias; they depend on neither weights nor images."""
    technology = export.circuit.technology
    device = technology.memristor
    low, high = number(device.g_min_siemens), number(device.g_max_siemens)
    return [
        f"technology {technology.name}: {technology.description}",
        *([f"law of memristors: {export.law}"] if export.law else []),
        *([f"cells: {export.cell}"] if export.cell else []),
        f"memristors: 2^{device.bits} levels from {low} S to {high} S; bias rail {number(export.circuit.bias_v)} V",
    ]
