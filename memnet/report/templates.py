# SPDX-License-Identifier: GPL-3.0-or-later
"""Fills page templates."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from memnet.files import template_environment

if TYPE_CHECKING:
    from jinja2 import Template


def rendered(name: str, **context: object) -> str:
    """Return a page from the template at a path such as `report/report.html.j2`, its values escaped."""
    page = _template(name).render(**context)
    return page if page.endswith("\n") else page + "\n"


@lru_cache(maxsize=4)
def _template(name: str) -> Template:
    return template_environment(page=True).get_template(name)
