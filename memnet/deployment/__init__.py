"""Places the weights of a network on the devices of a chip: from layers to programmed crossbars.

| file | holds |
|---|---|
| `windows` | which inputs each output of a convolution or pool reads, unrolled into crossings of rows and columns |
| `crossings` | the same windows as sparse matrices and patches, for the numeric engine |
| `stages` | `Stage` and `Plan`: the analog stages of a chip; how idle units lend amplifiers to max pools |
| `individual` | the plan of a chip for one architecture |
| `hypernetwork/` | plans of chips that any architecture is switched onto |
| `fold` | batch norm folded into weights and biases |
| `quantise` | weights to conductance levels |
| `scales` | volts per activation unit, and the voltages on rows and at the outputs of first TIAs |
| `mapping` | `deploy`: a network with its weights on a plan, the `Deployment` |
| `placement` | `Placement`, the table of every memristor: its block, row, column and level |
| `placing` | fills the placement table of a deployment |
| `readback` | kernels read back from the placement table alone; shares no code with the rest of this package |
| `kernels` | kernels computed from a deployment's levels, for networks too large for a placement table |
| `row_groups` | rows of a stage as linear maps, for the numeric engine |
| `programmed` | the conductances of a crossbar, nominal or sampled device by device |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
