# SPDX-License-Identifier: GPL-3.0-or-later
"""SPICE engines: each simulates a `Deck` and returns the vectors that it lists.

| file | holds |
|---|---|
| `base` | `Engine` and `Result`, and the checks that all engines share |
| `discover` | where ngspice is installed, its version, and whether it has KLU |
| `installing` | installs ngspice, by `install_ngspice.sh` |
| `rawfile` | reads ngspice's raw files |
| `tap` | copies values out of ngspice's memory while it runs |
| `driver` | PySpice's driver of the library, apart from the program's own |
| `ngspice` | engine `ngspice`: the shared library, through PySpice |
| `executable` | starts an executable on a deck, in a directory of its own |
| `batch` | engine `ngspice-batch`: the executable |
| `embedded` | engine `embedded`: neospice, which pip installs |
| `xyce` | engine `xyce`: the executable of Xyce |
| `cache` | an engine that keeps its results in a folder |
| `registry` | `find_engine`: an engine by name, or the first that runs on this machine |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
