# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns DARTS neural architectures into memristor-crossbar circuits, simulates and measures them.

Every circuit is compared with a numeric reference that shares no code with it. The packages are listed in the order in
which data passes through them. A package imports only from rows above its own (`report` may be used by `commands`;
`simulation` and `numeric` do not import each other); `tests/test_layers.py` checks this.

| package | holds |
|---|---|
| `errors`, `units`, `files`, `technology` | exceptions, numbers as text, files and templates; `technologies/` is data |
| `ranges`, `sections` | the values of a technology: the range of each, and the sections that hold them |
| `devices` | a single memristor: models, level to conductance, device spread |
| `genotype` | genotypes: cells, the texts they are read from, published ones, the search space |
| `operators` | fast linear maps, sums and pools of arrays, whatever they stand for |
| `network` | a genotype as layers with weights, the float reference, data sets and training |
| `deployment` | which device represents which weight, and at which conductance level; hypernetworks |
| `arrays` | tiles of a buildable size: which tile, row and column each device stands on |
| `circuit` | a deployment as a circuit: banks of components and their nets, as arrays |
| `netlist` | a circuit as SPICE text: decks for simulation, exports in several dialects |
| `simulation`, `numeric` | the voltages of a circuit, by SPICE engines or by closed formulas in NumPy |
| `measurement` | accuracy, headroom, delay, power, area; SPICE and closed formulas compared |
| `flow` | from a genotype to figures in one call; uses all packages above |
| `results`, `settings`, `testing`, `extending` | names of these packages for users, beside those of `memnet` itself |
| `report`, `commands` | result pages and pictures; the command line |

    from memnet import simulate
    result = simulate("PDARTS", images=20)
    print(result.accuracy.agreement, result.outputs_v.shape)
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
