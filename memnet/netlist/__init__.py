"""A circuit as text: simulation decks and exports in five dialects.

| file | holds |
|---|---|
| `templates` | Jinja templates, and patterns for bulk rows |
| `dialects` | how each tool wants its netlists |
| `places` | names that say where a net or device is |
| `elements` | templates, nets and values of each bank of devices |
| `bank_writer` | netlist lines of banks for decks |
| `deck` | `Deck`: a netlist with one analysis |
| `flat` | flat decks for simulation |
| `hierarchy` | files of a hierarchical export |
| `export` | `write_export`: a folder that a user runs in another tool |
| `reading` | an export read back as one deck |
| `placement_table` | the placement table as CSV or Parquet, with the instance names of an export |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
