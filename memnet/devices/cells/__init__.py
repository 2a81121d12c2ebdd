# SPDX-License-Identifier: GPL-3.0-or-later
"""Memristors together with what selects them: 1T1R, 1S1R, 0T1R.

| file | holds |
|---|---|
| `access` | `Transistor`, `Selector`: the access devices and their currents |
| `cell` | `Cell`: memristor and access device as one device |
| `choosing` | `CELLS`: the kinds of cells by name, as technologies describe them |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
