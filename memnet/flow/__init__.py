# SPDX-License-Identifier: GPL-3.0-or-later
"""From a genotype to figures in one call: the only package that sees every stage.

| file | holds |
|---|---|
| `fields` | a field of settings: its text, type and limits; how settings are made and checked |
| `common_settings` | settings that all chips of a comparison share: network, data, technology, device spread |
| `memristor_settings` | how memristors are read |
| `array_settings` | the arrays that they stand on, and their wires |
| `settings` | the settings of a chip, these among them, and of what is done with it, each written down once |
| `comparison_settings` | those of a comparison |
| `chosen` | what settings choose: data set, network, weights, plan, technology |
| `technologies` | the technology of a chip, from its settings |
| `hardware` | what a setup puts onto silicon: devices and their law, arrays, wires, the circuit |
| `deployed` | a chip with an architecture deployed on it: circuit, placement table, references |
| `technologies` | the technology of a chip, from its settings |
| `measuring` | the law of a subcircuit of one's own, measured in a simulator |
| `reading` | the law that a chip's memristors are read by |
| `cells` | the cells that they stand in |
| `rails` | the drop of bias and supply rails |
| `wiring` | arrays and wires of a chip, from its settings and its technology |
| `chip` | `Chip`, whose methods are the verbs, and `simulate`, a shortcut |
| `array_plan` | `ChipArrays`: tiles by stage, floor plan, and the drop on one tile's wires |
| `matrix_network` | a matrix, checked, as a network of one layer |
| `matrix` | `Crossbar`: a matrix of one's own, without a network |
| `results` | `Simulation`: figures of a chip in SPICE |
| `run_simulation` | what `Chip.simulate` does |
| `sampled` | one sampled chip of an evaluation, and figures of nominal devices |
| `evaluation` | `Evaluation`: figures of a test set in the numeric engine |
| `run_evaluation` | what `Chip.evaluate` does |
| `probed` | a chip with what scripts ask of single stages and nets |
| `probing` | what `Chip.waveforms`, `Chip.netlist_text` and `Chip.pyspice_circuit` do |
| `responding` | what `Chip.ac` and `Crossbar.ac` do: frequency responses |
| `exporting` | what `Chip.export` does |
| `moving` | one read in SPICE, in which states move, held against their law |
| `disturb_settings read_disturb` | what `Chip.disturb` does: conductances and accuracy after many inferences |
| `compared` | one chip of a comparison, and the ratio of a figure |
| `comparison` | `Comparison`: hypernetworks against individual deployment |
| `run_comparison` | `compare` |
| `tables` | results as tables, one row an image |
| `sweeping` | `sweep`: figures over a grid of settings |
| `estimation` | `estimate`: components, time and memory before a simulation |
| `memristors` | the list of memristor models, one device in a simulator, a model fitted to curves |
| `testing` | assertions for regression tests |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
