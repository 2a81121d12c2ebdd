# SPDX-License-Identifier: GPL-3.0-or-later
from .builder import HypernetworkBuilder as HypernetworkBuilder
from .coverage import StructureCoverage as StructureCoverage
from .coverage import large_members as large_members
from .coverage import structure_coverage as structure_coverage
from .duplicated import DuplicatedBuilder as DuplicatedBuilder
from .plan import STRUCTURES as STRUCTURES
from .plan import find_structure as find_structure
from .plan import hypernetwork_plan as hypernetwork_plan
from .shared import SharedBuilder as SharedBuilder
from .slotted import SlottedBuilder as SlottedBuilder
from .structure import Structure as Structure
from .units import fits_units as fits_units
