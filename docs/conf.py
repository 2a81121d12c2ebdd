# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of Sphinx, which makes the documentation site (`make docs`); pages of the API follow from packages."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

from sphinx.util.logging import getLogger

import memnet
from memnet.report.definitions import ARRAY_DEFINITIONS, DEFINITIONS, LAW_DEFINITIONS

sys.path.insert(0, str(Path(__file__).parent.parent / "scripts"))
from public_names import PUBLIC, lacking, public_names

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

LOG = getLogger(__name__)
API = Path(__file__).with_name("api")
MODULES = ("errors", "technology")  # files beside the packages that are described, too
NOT_SHOWN = ("commands",)  # what no program imports
LINKS = {"CONTRIBUTING.md": "contributing.md", "LICENSE": "../LICENSE", "CITATION.cff": "../CITATION.cff"}
_TABLE = re.compile(r"^\|.*$")
INDEX = """# Python API

## Public

What programs are written with. `memnet` has what most need; `memnet.results` and `memnet.settings` have what its
methods return and take, `memnet.testing` assertions for regression tests, `memnet.extending` what a memristor model of
one's own is made of. Each name has its shapes and units, and an example that a test runs: those of a class come first,
and those of its methods and properties go on from there. All names of these modules are imported in the examples.

```{{toctree}}
:maxdepth: 1

{public}
```

## Inside

The packages that hold each step from a genotype to figures, for whoever reads or changes memnet. Attributes of public
classes such as `chip.circuit` or `chip.placement` hold objects of these. What stands here may change with any version.

```{{toctree}}
:maxdepth: 1

{inside}
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
   :{inherited}inherited-members:
   :exclude-members: {excluded}
```
"""


def packages() -> Iterator[str]:
    """Yield the names of the packages that users import from, outer ones first."""
    found = [each.name for each in walk_packages(memnet.__path__, "memnet.") if each.ispkg]
    return (name for name in found if name.split(".")[1] not in NOT_SHOWN)


def write_api_pages(_app: object) -> None:
    """Write a page for `memnet`, for each package, and for the modules beside them; each name is on one page."""
    described = set()
    inside = [*(f"memnet.{name}" for name in MODULES), *sorted(packages(), key=lambda name: -name.count("."))]
    API.mkdir(exist_ok=True)
    for name in (*PUBLIC, *inside):
        module = import_module(name)
        public: list[str] = getattr(module, "__all__", [])
        twice = sorted(each for each in public if id(getattr(module, each)) in described) or ["__none__"]
        described |= {id(getattr(module, each)) for each in public}
        kinds = {"imported": "" if public else "no-", "inherited": "" if name in PUBLIC else "no-"}
        text = PAGE.format(module=name, excluded=", ".join(twice), **kinds)
        (API / f"{name}.md").write_text(text, encoding="utf-8")
    index = INDEX.format(public="\n".join(PUBLIC), inside="\n".join(sorted(inside)))
    (API / "index.md").write_text(index, encoding="utf-8")


def judge_public_names(_app: object, env: Any) -> None:  # noqa: ANN401 - Sphinx
    """Warn of public names that are on no page, or lack an example, a shape or a unit; -W makes that an error."""
    described = env.get_domain("py").objects
    for public in public_names():
        if missing := lacking(public):
            LOG.warning("%s lacks %s", public.name, ", ".join(missing))
        if public.name not in described:
            LOG.warning("%s is public and on no page", public.name)


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
    app.connect("env-check-consistency", judge_public_names)
    app.connect("builder-inited", write_figures_page)
    app.connect("autodoc-process-docstring", plain)
    app.connect("source-read", titled)
    app.connect("include-read", relinked)
