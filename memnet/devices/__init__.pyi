# SPDX-License-Identifier: GPL-3.0-or-later
from .cells.access import Access as Access
from .cells.cell import Cell as Cell
from .cells.choosing import CELLS as CELLS
from .cells.choosing import access_of as access_of
from .cells.choosing import cell_area_m2 as cell_area_m2
from .levels import level_conductances as level_conductances
from .memristors.base import MemristorModel as MemristorModel
from .memristors.choosing import memristor_model as memristor_model
from .memristors.expansion import Expansion as Expansion
from .memristors.expansion import expand as expand
from .memristors.registry import DEFAULT_MODEL as DEFAULT_MODEL
from .memristors.registry import MODELS as MODELS
from .spread import DeviceSpread as DeviceSpread
