# SPDX-License-Identifier: GPL-3.0-or-later
from .coverage import StructureCoverage as StructureCoverage
from .coverage import large_members as large_members
from .coverage import structure_coverage as structure_coverage
from .plan import STRUCTURES as STRUCTURES
from .plan import hypernetwork_plan as hypernetwork_plan
