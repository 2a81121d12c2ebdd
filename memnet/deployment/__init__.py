"""Which weight stands on which device, at which level: from a network to programmed crossbars.

| file | holds |
|---|---|
| `windows` | windows of convolutions and pools, and the crossings that they unroll into |
| `crossings` | crossings in compressed form, for the numeric engine |
| `stages` | `Stage` and `Plan`: the analog stages of a chip |
| `individual` | the plan of a chip for one architecture |
| `hypernetwork/` | plans of chips that any architecture is switched onto |
| `fold` | batch norm folded into weights and biases |
| `quantise` | weights to conductance levels |
| `scales` | volts per activation unit, and voltages on rows |
| `mapping` | `deploy`: a network with its weights on a plan, the `Deployment` |
| `placement` | the placement table: block, row, column and level of every device |
| `placing` | a deployment's placement table |
| `readback` | kernels read back from the placement table alone; shares no code with the rest of this package |
| `kernels` | kernels that a deployment's levels stand for, for networks too large for a placement table |
| `row_groups` | rows of a stage and their conductances, as linear maps |
| `programmed` | conductances that really stand in a crossbar |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
