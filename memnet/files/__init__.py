# SPDX-License-Identifier: GPL-3.0-or-later
"""Files: written whole or not at all, read with care where they come from outside.

| file | holds |
|---|---|
| `writing` | files written aside and renamed; what killed processes left of them |
| `texts` | text files in the encoding that they show; texts from outside as one line |
| `contents` | what kind a file is, by its first bytes |
| `arrays` | archives of NumPy arrays, checked before memory is taken |
| `environment` | the Jinja environment of the templates |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
