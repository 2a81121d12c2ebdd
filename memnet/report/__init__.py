"""Pages and pictures of results.

| file | holds |
|---|---|
| `templates` | page templates |
| `canvas` | plots as SVG |
| `charts` | plots of results |
| `thumbnails` | images as data URLs |
| `cell_picture` | both cells of a genotype as SVG |
| `definitions` | what each figure means |
| `page` | the report of one or several simulations |
| `comparison` | the report of a comparison |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
