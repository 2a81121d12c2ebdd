# SPDX-License-Identifier: GPL-3.0-or-later
"""Loads page templates, from the folder `templates` inside an installed package or beside the package in a checkout."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Template


@lru_cache(maxsize=4)
def template(name: str) -> Template:
    """Return a template by its path, such as `report/report.html.j2`; it escapes the values it is rendered with."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    package = Path(__file__).resolve().parent.parent
    folders = [str(package / "templates"), str(package.parent / "templates")]
    environment = Environment(
        loader=FileSystemLoader(folders),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)
