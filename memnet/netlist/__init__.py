# SPDX-License-Identifier: GPL-3.0-or-later
"""Circuits written as text: simulation decks for the engines, and exports in the dialects of other tools.

| file | holds |
|---|---|
| `texts` | texts of many devices at a time, from tables of distinct ones |
| `templates` | renders Jinja templates, also `TEMPLATES` from outside; fills a template for many devices at a time |
| `dialects` | `DIALECTS`: how netlists are written for each tool, and how the tool is started |
| `places` | names of nets and devices that contain their place in the network |
| `elements` | `ELEMENTS`: what each kind of bank is written with; constants of the macro-models |
| `bank_writer` | netlist lines of banks for simulation decks |
| `memristors` | subcircuits of memristor models, and decks of single devices |
| `deck` | `Deck`: a netlist with one analysis |
| `flat` | simulation decks, without subcircuits |
| `hierarchy` | netlist files of an export, with one subcircuit per block |
| `symbols` | `EDITORS`: symbols of subcircuits for schematic editors |
| `schematics` | an export's testbench as a schematic, and the symbols of its network and blocks |
| `contents` | `Export`: what an export is made from |
| `readme` | the README of an export |
| `export` | `write_export`: a directory that a user runs in another tool |
| `single` | a circuit, or a block of it, as one text |
| `folder` | the folder of an export: only files that a manifest lists are replaced, and only unchanged ones |
| `reading` | an export read back as one deck |
| `placement_table` | one row per memristor as CSV or Parquet, with the instance names of an export |
| `placement_parquet` | the same table straight from its columns as a Parquet file |
| `placement_reading` | the conductances of such a table |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
