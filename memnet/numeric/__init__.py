"""The numeric engine: the circuit's equations in closed form, for whole test sets.

| file | holds |
|---|---|
| `laws` | the dc law of the op-amp macro-model |
| `crossbar` | a crossbar stage |
| `pools_and_averages` | max pools, averages and rectified copies |
| `engine` | `NumericCircuit`: all stages of a chip, any number of images |
| `response` | how op-amp outputs follow a step |
| `loads` | what every net group drives |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
