"""SPICE engines: each takes a `Deck` and returns the wanted vectors.

| file | holds |
|---|---|
| `base` | `Engine` and `Result`, and checks that all engines share |
| `discover` | where ngspice is installed, and what it can do |
| `rawfile` | ngspice's raw files |
| `tap` | values copied out of ngspice's memory while it runs |
| `ngspice` | ngspice as a shared library, through PySpice |
| `batch` | the ngspice executable |
| `embedded` | neospice, an engine that pip installs |
| `cache` | results kept in a folder |
| `registry` | `find_engine`: an engine by name, or the first that runs here |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
