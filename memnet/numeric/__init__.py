# SPDX-License-Identifier: GPL-3.0-or-later
"""The numeric engine: the circuit's dc equations in closed form with NumPy, for whole test sets.

It takes a `Deployment` and gives the voltages that a SPICE simulation of its circuit gives, without a netlist.

| file | holds |
|---|---|
| `laws` | the dc law of the op-amp macro-model |
| `gains` | gains and constants of pairs of TIAs |
| `crossbar` | a crossbar stage: pairs of TIAs |
| `bends` | slope and curvature of a law I = G f(V) |
| `curved_wires` | what the curves of memristors add to the outputs of a stage with wires |
| `offsets` | what offsets of op-amps change where memristors are curved |
| `term_maps` | the linear maps of a stage, one for each product of a law |
| `shut` | what shut amplifiers do to the other columns of their tile through its wires |
| `pools_and_averages` | max pools, averages and rectified copies |
| `noise` | noise at the outputs of op-amps, in closed form |
| `signals` | what a run carries from stage to stage, counts, and returns |
| `engine` | `NumericCircuit`: all stages of a chip, any number of images |
| `stage_errors` | the error that each stage adds |
| `loops` | op-amp loops with the capacitance of their columns: a second pole |
| `response` | waveforms of all op-amp outputs after a step of the input |
| `loads` | the conductance that every net group drives |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
