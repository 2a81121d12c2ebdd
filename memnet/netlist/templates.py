# SPDX-License-Identifier: GPL-3.0-or-later
"""Renders Jinja templates, and fills a rendered template for many devices at a time (`Pattern`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from memnet.files import one_line, template_environment
from memnet.netlist.texts import Text, rows

if TYPE_CHECKING:
    from jinja2 import Environment

# Templates from outside by their path, such as `spice/NAME.sp.j2`: for a memristor model, a dialect or a kind of bank.
# Files of the same path come before them.
TEMPLATES: dict[str, str] = {}
_MARK = "\x01"


class Rendered(str):
    """Text that templates made, or names made for them; `render` takes every other text to be from outside."""

    __slots__ = ()


BODY = Rendered("\x02")  # marks the line of a rendered text that its bulk comes in place of


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Return the Jinja environment of the netlist templates, with TEMPLATES among them."""
    return template_environment(page=False, more=TEMPLATES)


def render(template: str, **context: object) -> Rendered:
    """Render one template and drop its blank lines; every text in the context is written as `outside_text` has it."""
    inert = {name: _inert(value) for name, value in context.items()}
    text = environment().get_template(template).render(**inert)
    return Rendered("".join(f"{line}\n" for line in text.split("\n") if line.strip()))


def load_templates(folder: str, wanted: Callable[[str], bool]) -> None:
    """Load the templates of a folder whose file names are wanted."""
    for path in environment().list_templates(filter_func=lambda path: path.startswith(f"{folder}/")):
        if wanted(path.removeprefix(f"{folder}/")):
            environment().get_template(path)


def around_body(text: str) -> tuple[str, str]:
    """Return the parts of a rendered text before and after the line with BODY."""
    head, _, tail = text.partition(f"{BODY}\n")
    return head, tail


def outside_text(text: str) -> str:
    """Return text from outside as a netlist has it: one line that no backslash at its end joins to the next."""
    return one_line(text).replace("\\", "/")


def _inert(value: object) -> object:
    """Return a value of a template's context with all texts from outside in it as `outside_text` has them."""
    if isinstance(value, Rendered):
        return value
    if isinstance(value, str):
        return outside_text(value)
    return [_inert(each) for each in value] if isinstance(value, (list, tuple)) else value


def left_open(field: str) -> Rendered:
    """Return what stands in the context of a pattern for one of its fields."""
    return Rendered(f"{_MARK}{field}{_MARK}")


class Pattern:
    """A template that is rendered once with its fields left open, then filled for many devices at a time."""

    def __init__(self, template: str, fields: tuple[str, ...], **constants: object) -> None:
        marked = {name: left_open(name) for name in fields}
        first, *pieces = re.split(f"{_MARK}(\\w+){_MARK}", render(template, **(constants | marked)))
        self.first = first.encode()  # before the first field
        self.fields, self.after = pieces[0::2], [piece.encode() for piece in pieces[1::2]]

    def rows(self, values: Mapping[str, Text], count: int) -> Iterator[bytes]:
        """Yield the text of `count` devices, one or more, in pieces; `values` has the texts of the fields."""
        after = zip(self.fields, self.after, strict=True)
        return rows((self.first, *(part for field, text in after for part in (*values[field], text))), count)
