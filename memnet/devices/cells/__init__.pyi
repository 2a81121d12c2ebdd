# SPDX-License-Identifier: GPL-3.0-or-later
from .access import Access as Access
from .access import Selector as Selector
from .access import Transistor as Transistor
from .cell import Cell as Cell
from .choosing import CELLS as CELLS
from .choosing import access_of as access_of
from .choosing import cell_area_m2 as cell_area_m2
