# SPDX-License-Identifier: GPL-3.0-or-later
from .deck import Deck as Deck
from .dialects import DIALECTS as DIALECTS
from .dialects import find_dialect as find_dialect
from .export import Export as Export
from .export import Timing as Timing
from .export import write_export as write_export
from .flat import Sweep as Sweep
from .flat import Transient as Transient
from .flat import deck_pieces as deck_pieces
from .flat import external_groups as external_groups
from .flat import flat_deck as flat_deck
from .flat import source_vectors as source_vectors
from .flat import voltage_vectors as voltage_vectors
from .placement_table import table_pieces as table_pieces
from .placement_table import with_conductances as with_conductances
from .placement_table import write_table as write_table
