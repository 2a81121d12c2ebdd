# SPDX-License-Identifier: GPL-3.0-or-later
"""HTML pages with inline SVG pictures, written from the results of `flow`.

| file | holds |
|---|---|
| `templates` | fills page templates |
| `canvas` | axes, ticks and marks as SVG |
| `charts` | plots of class outputs as SVG |
| `chip_charts` | plots of parts of a total, of stages and of conductances |
| `schematic` | the schematic of one block with a column's values |
| `thumbnails` | test images, heat maps and figures as data URLs |
| `definitions` | the definition of each figure in a sentence |
| `page` | the page of one or several simulations |
| `array_charts` | plots of a chip's arrays |
| `device_charts` | plots of a single memristor |
| `device_page` | pages and pictures of single memristors and of fits |
| `comparison` | the page of one or several comparisons |
| `switched` | one architecture on a hypernetwork against its own chip, as texts |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
