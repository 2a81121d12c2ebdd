# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of a circuit: accuracy, headroom, delay, power, area; and the numeric engine cross-checked against SPICE.

| file | holds |
|---|---|
| `class_outputs` | accuracy, agreement and error of class outputs |
| `gain` | how many times a network enlarges small errors of its inputs |
| `law` | what a curved law of memristors changes at the class outputs |
| `deviation` | which stage and what causes an error beyond the bound |
| `stage_error` | how far each stage's simulated outputs are from the reference |
| `conductances` | how many memristors have which conductance |
| `headroom` | largest voltages against the read limit and saturation |
| `delay` | settling times of waveforms, for `transient` and `chip_cost` |
| `power` | power of a SPICE transient, deck by deck |
| `gating` | power of each selected and each idle unit of a hypernetwork |
| `area` | numbers of components, and area |
| `transient` | delay, energy and power of image transitions, from SPICE |
| `chip_cost` | delay, energy and power of image transitions, from the numeric engine, for large networks |
| `read_disturb` | conductances after the rows were at the voltages of images for long |
| `single_device` | a single memristor in a simulator, held against the integral of its law |
| `frequency` | the frequency response of a block, by an ac analysis |
| `noise` | noise of columns in closed form and in a simulator's noise analysis, and of class outputs |
| `cross_check` | sampled columns computed by the numeric engine and by a SPICE engine |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
