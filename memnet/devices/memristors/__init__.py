# SPDX-License-Identifier: GPL-3.0-or-later
"""Memristor models: the current of a device, how its state moves, and published parameters.

| file | holds |
|---|---|
| `base` | `MemristorModel`: what every model is |
| `read_law` | `ReadLaw`: one whose state no voltage moves |
| `states` | what moves in a device, and what slows it down near the ends of its range |
| `parameters` | parameters with unit and range, and sets of them with their sources |
| `stimuli` | the sine and the pulses that `memnet memristor` puts a device under |
| `linear sinh cubic milo` | laws for reading, one file each |
| `linear_ion_drift vteam yakopcic stanford_pku jart_vcm` | laws whose state moves, one file each |
| `trajectory` | the state of a device over time, integrated by scipy |
| `expansion` | a law as a sum of products of a conductance and a voltage |
| `drift` | states of many devices after long reads, by tables of their mean rates |
| `registry` | `MODELS`: the models by name |
| `parameter_file own_file` | parameters in a TOML file; a model in a Python file of one's own |
| `own_subcircuit subcircuit_model` | a subcircuit in a SPICE file with a table of states; its law as measured |
| `choosing` | `memristor_model`: a model by its name, its set or its file |
| `curves fit` | measured current-voltage curves, and a model fitted to them |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
