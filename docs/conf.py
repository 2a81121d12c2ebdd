# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of Sphinx, which makes the documentation site (`make docs`); pages of the API follow from packages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import memnet
from memnet.report.definitions import ARRAY_DEFINITIONS, DEFINITIONS, LAW_DEFINITIONS

project, author, version = "memnet", "the memnet authors", memnet.__version__
copyright = "the memnet authors, GPL-3.0-or-later"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_heading_anchors = 3
exclude_patterns = ["_build/**"]
html_theme, html_title = "furo", "memnet"
html_copy_source = False
default_role = "code"  # what docstrings have in single backticks are names and formulas
suppress_warnings = ["ref.python"]  # names of attributes that several classes have

autodoc_member_order = "bysource"
autodoc_default_options = {"members": True}
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True  # fields of dataclasses are described under Attributes, and need no entry of their own
add_module_names = False

API = Path(__file__).with_name("api")
MODULES = ("errors", "technology", "testing")  # files beside the packages that users read, too
NOT_SHOWN = ("commands",)  # what no program imports
LINKS = {"CONTRIBUTING.md": "contributing.md", "LICENSE": "../LICENSE", "CITATION.cff": "../CITATION.cff"}
_TABLE = re.compile(r"^\|.*$")
INDEX = """# Python API

What most programs need is in `memnet` itself. The packages hold each step from a genotype to figures; what `memnet`
has, too, is described there.

```{{toctree}}
:maxdepth: 1

{pages}
```
"""
FIGURES = """# Figures

What each figure is, in the words of reports. All values are in SI units.

| figure | definition |
|---|---|
{rows}
"""
PAGE = """# `{module}`

```{{eval-rst}}
.. automodule:: {module}
   :{imported}imported-members:
   :exclude-members: {excluded}
```
"""


def packages() -> Iterator[str]:
    """Yield the names of the packages that users import from, outer ones first."""
    found = [each.name for each in walk_packages(memnet.__path__, "memnet.") if each.ispkg]
    return (name for name in found if name.split(".")[1] not in NOT_SHOWN)


def write_api_pages(_app: object) -> None:
    """Write a page for `memnet`, for each package, and for the modules beside them; each name is on one page."""
    described, pages = set(), []
    names = ["memnet", *(f"memnet.{name}" for name in MODULES), *sorted(packages(), key=lambda name: -name.count("."))]
    API.mkdir(exist_ok=True)
    for name in names:
        module = import_module(name)
        public: list[str] = getattr(module, "__all__", [])
        twice = sorted(each for each in public if id(getattr(module, each)) in described) or ["__none__"]
        described |= {id(getattr(module, each)) for each in public}
        text = PAGE.format(module=name, imported="" if public else "no-", excluded=", ".join(twice))
        (API / f"{name}.md").write_text(text, encoding="utf-8")
        pages.append(name)
    order = sorted(pages, key=lambda name: (name != "memnet", name))
    (API / "index.md").write_text(INDEX.format(pages="\n".join(order)), encoding="utf-8")


def write_figures_page(_app: object) -> None:
    """Write the page with the definitions of all figures."""
    all_of_them = DEFINITIONS + LAW_DEFINITIONS + ARRAY_DEFINITIONS
    rows = "\n".join(f"| {name} | {text.replace('|', chr(92) + '|')} |" for name, text in all_of_them)
    (API / "figures.md").write_text(FIGURES.format(rows=rows), encoding="utf-8")


def plain(_app: object, what: str, _name: str, _thing: object, _options: object, lines: list[str]) -> None:
    """Leave the tables of files out of the docstrings of packages: a reader of the site uses their names."""
    if what == "module":
        lines[:] = [line for line in lines if not _TABLE.match(line)]


def relinked(_app: object, _path: object, _page: str, content: list[str]) -> None:
    """Lead the links of files beside the folder `docs`, which pages here include, to where they are on the site."""
    for link, target in LINKS.items():
        content[0] = content[0].replace(f"]({link})", f"]({target})")


def titled(_app: object, page: str, source: list[str]) -> None:
    """Give the pages of tables, which scripts in `benchmarks` write, a title."""
    if page.startswith("tables/"):
        words = [word for word in page.split("/")[1:] if word != "table"]
        source[0] = f"# {' '.join(words).capitalize()}\n\n{source[0]}"


def setup(app: Any) -> None:  # noqa: ANN401 - Sphinx
    """Connect what is above."""
    app.connect("builder-inited", write_api_pages)
    app.connect("builder-inited", write_figures_page)
    app.connect("autodoc-process-docstring", plain)
    app.connect("source-read", titled)
    app.connect("include-read", relinked)
