# SPDX-License-Identifier: GPL-3.0-or-later
"""A deployment as a circuit: numbered nets, and banks of devices between them as arrays.

| file | holds |
|---|---|
| `amplifiers` | feedback resistors and noise gain of op-amps with finite gain |
| `base` | `Bank`, what all banks of equal devices have in common: nets and values as arrays |
| `banks` | the kinds of banks: memristors, resistors, op-amps, selectors, switches |
| `blocks` | `Block`, the banks of one stage, and `Circuit`, all blocks with the net groups between them |
| `pools` | max pools as trees of selectors |
| `counting` | device counts from a plan, stage by stage |
| `layout` | net numbers, stage by stage |
| `build` | `build_circuit`: the banks of every stage |
| `feedbacks` | what feedback resistors are designed for |
| `decks` | which stages share a deck |
| `wires` | the wires of tiles, segment by segment |
| `lines` | the capacitance of lines of tiles, lumped |
| `reads` | memristors with a law I = G f(V): sources of f(V) at rows, or a device at each crosspoint |
| `timing` | time constants of blocks, and the critical path |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
