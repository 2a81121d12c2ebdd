# SPDX-License-Identifier: GPL-3.0-or-later
from .layout import ChipTiles as ChipTiles
from .layout import StageCount as StageCount
from .layout import lay_out as lay_out
from .size import ArraySize as ArraySize
from .tiles import Crosspoints as Crosspoints
from .tiles import StageTiles as StageTiles
from .wires import WiredTiles as WiredTiles
from .wires import WireLoss as WireLoss
from .wires import wired_tiles as wired_tiles
