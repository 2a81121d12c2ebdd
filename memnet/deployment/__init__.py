# SPDX-License-Identifier: GPL-3.0-or-later
"""Places the weights of a network on the devices of a chip: from layers to programmed crossbars.

| file | holds |
|---|---|
| `stages` | `Stage` and `Plan`: the analog stages of a chip; how idle units lend amplifiers to max pools |
| `individual` | the plan of a chip for one architecture |
| `hypernetwork/` | plans of chips that many architectures are switched onto |
| `fold` | batch norm folded into weights and biases, independently of `network.reference` |
| `quantise` | weights to conductance levels (`devices.levels` turns levels into conductances) |
| `scales` | volts per activation unit, by channel and by row |
| `compensation` | mean slopes of curved memristors on training images, which levels may be programmed for |
| `activations` | activations of every stage, and how large they become on training images |
| `first_amplifiers` | the voltages at the outputs of first TIAs, and a bound of them |
| `mapping` | chooses scales and levels of a plan: the `Deployment` |
| `placement` | `Placement`, the table of every memristor: its block, row, column and level |
| `placing` | fills the placement table of a deployment |
| `readback` | kernels read back from the placement table alone; shares no code with the rest of this package |
| `kernels` | kernels computed from a deployment's levels, for large networks; a test compares them with `readback` |
| `deploying` | `deploy`: a network with its weights on a plan, within the read limit |
| `row_groups` | rows of a stage as linear maps, for the numeric engine |
| `moving_law` | a law whose shape moves with the state, on a chip |
| `chip_devices` | `ChipDevices`: the target and the real conductance of every memristor, and op-amp offsets |
| `wiring` | `Wiring`: the arrays that devices stand on, their wires, and remedies against the drop on these |
| `programmed` | the conductances of a crossbar as rows and column sums, for the numeric engine |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
