# SPDX-License-Identifier: GPL-3.0-or-later
"""Arrays of a buildable size: which tile, row and column each memristor of a chip stands on.

| file | holds |
|---|---|
| `size` | `ArraySize`: the most rows and columns that a tile may have |
| `patches` | output pixels that share a tile, and the rows that they read |
| `tiles` | `StageTiles`: the tiles of one stage, and the crosspoint of each device |
| `neighbours` | which crosspoints the wires of tiles join |
| `layout` | the layout of each stage, and how many tiles, crosspoints and lines a chip has |
| `floor_plan` | `FloorPlan`: where the tiles of each stage could stand on a chip |
| `ladders` | one row of a wired tile alone |
| `wires` | the wires of a tile as an exact linear map |
| `curved` | what the curves of memristors change on a wired tile, as linear maps |
| `drops` | the voltage across each device of a wired tile |
| `units` | a stage's conductances as those of its tiles, and back |
| `feedback`, `conductances` | remedies: feedbacks and conductances designed for the wires |
| `wired` | a stage with the wires of its tiles, for the numeric engine |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
