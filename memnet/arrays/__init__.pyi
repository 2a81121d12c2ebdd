# SPDX-License-Identifier: GPL-3.0-or-later
from .curved import CurvedTiles as CurvedTiles
from .curved import CurvedUnits as CurvedUnits
from .curved import curved_tiles as curved_tiles
from .drops import device_volts as device_volts
from .floor_plan import FloorPlan as FloorPlan
from .floor_plan import StageGrid as StageGrid
from .layout import ChipTiles as ChipTiles
from .layout import StageCount as StageCount
from .layout import lay_out as lay_out
from .neighbours import Neighbours as Neighbours
from .size import ArraySize as ArraySize
from .tiles import Crosspoints as Crosspoints
from .tiles import StageTiles as StageTiles
from .wired import WiredStage as WiredStage
from .wired import wire_stage as wire_stage
from .wires import WiredTiles as WiredTiles
from .wires import wired_tiles as wired_tiles
