"""A deployment as a circuit: banks of devices and nets as arrays.

| file | holds |
|---|---|
| `amplifiers` | closed formulas for op-amps with finite gain |
| `banks` | banks of equal devices: nets and values as arrays |
| `blocks` | `Block` and `Circuit`: banks and the net groups between them |
| `pools` | max pools as trees of selectors |
| `layout` | net numbers and device counts, stage by stage |
| `build` | `build_circuit`: the banks of every stage |
| `timing` | time constants and the critical path |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
