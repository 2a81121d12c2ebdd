"""DARTS architectures as proven memristor-crossbar circuits.

The packages stand in the order of data; imports run down this list only (`tests/test_layers.py` holds that).

| package | holds |
|---|---|
| `errors`, `units`, `files`, `technology` | values and helpers, each one file; `technologies/` is data |
| `devices` | what a memristor does by itself |
| `genotype` | cells, their texts and known names, the space |
| `network` | layers, weights, checkpoints, the float reference; `datasets/` and `training/` beside them |
| `deployment` | which weight stands on which device, at which level; hypernetworks |
| `circuit` | banks of devices and nets as arrays |
| `netlist` | templates, dialects, exports, decks |
| `simulation`, `numeric` | the two roads from a circuit to volts: SPICE engines, and closed form |
| `measurement` | accuracy, headroom, delay, power, area; one road held against the other |
| `flow` | from a genotype to figures in one call; sees every stage |
| `report`, `commands` | pages and pictures; the command line |

    from memnet import simulate
    result = simulate("PDARTS", images=20)
    print(result.accuracy.agreement, result.outputs_v.shape)
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
