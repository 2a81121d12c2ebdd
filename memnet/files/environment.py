# SPDX-License-Identifier: GPL-3.0-or-later
"""The Jinja environment of the templates of pages and netlists."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment


def template_environment(*, page: bool, more: Mapping[str, str] | None = None) -> Environment:
    """Return the Jinja environment of the templates, which are in the package, or beside it in a checkout.

    Parameters
    ----------
    page : whether the templates are pages: values are escaped, and the newline at the end of a template is dropped
    more : further templates by their path; files of the same path come before them
    """
    from jinja2 import ChoiceLoader, DictLoader, Environment, FileSystemLoader, StrictUndefined

    from memnet.units import number  # loads numpy, which the command line does not need at once

    package = Path(__file__).resolve().parents[1]
    folders = [str(folder / "templates") for folder in (package, package.parent)]
    environment = Environment(
        loader=ChoiceLoader([FileSystemLoader(folders), DictLoader({} if more is None else more)]),
        undefined=StrictUndefined,
        autoescape=page,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=not page,
    )
    environment.filters["num"] = number
    return environment
