# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line `memnet`, one file for each command.

Commands read options, call `flow` (or another package), and print and write its results.

| file | holds |
|---|---|
| `app` | `main`: runs a command, turns an error into one sentence and an exit status |
| `signals` | signals that end a run, as exceptions |
| `streams` | standard streams that may be closed or full |
| `invocation` | how the running command was called |
| `options` | options that several commands have |
| `console` | tables and files |
| `progress` | bars on a terminal, lines in a log |
| `figures` | the table of figures that `simulate` and `demo` print |
| `netlist simulate evaluate disturb compare estimate arrays train import_checkpoint` | one command each |
| `genotypes graph technologies engines demo` | one command each |
| `memristors memristor` | one command each, for single devices |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
