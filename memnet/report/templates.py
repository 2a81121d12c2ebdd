# SPDX-License-Identifier: GPL-3.0-or-later
"""Loads page templates."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from memnet.files import template_environment

if TYPE_CHECKING:
    from jinja2 import Template


@lru_cache(maxsize=4)
def template(name: str) -> Template:
    """Return a template by its path, such as `report/report.html.j2`; it escapes the values it is rendered with."""
    return template_environment(page=True).get_template(name)
