# SPDX-License-Identifier: GPL-3.0-or-later
"""Renders Jinja templates, and fills a rendered template for many devices at a time (`Pattern`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from memnet.files import one_line, template_environment

if TYPE_CHECKING:
    from jinja2 import Environment

Bytes = npt.NDArray[np.uint8]
# Templates from outside by their path, such as `spice/NAME.sp.j2`: for a memristor model, a dialect or a kind of bank.
# Files of the same path come before them.
TEMPLATES: dict[str, str] = {}
_MARK = "\x01"
_BATCH_ROWS = 65536


class Rendered(str):
    """Text that templates made, of any number of lines; `render` takes every other text to be from outside."""

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


class Pattern:
    """A template that is rendered once with its fields left open, then filled for many devices at a time.

    A row of characters for each device is assembled from the texts between the fields and the columns of the fields:
    much faster than rendering the template for each device.
    """

    def __init__(self, template: str, fields: tuple[str, ...], **constants: object) -> None:
        marked = {name: Rendered(f"{_MARK}{name}{_MARK}") for name in fields}
        pieces = re.split(f"{_MARK}(\\w+){_MARK}", render(template, **(constants | marked)))
        self.literals = [np.frombuffer(piece.encode(), dtype=np.uint8) for piece in pieces[0::2]]
        self.fields = pieces[1::2]

    def rows(self, values: Mapping[str, Bytes]) -> Iterator[bytes]:
        """Yield the text of all devices in batches.

        Parameters
        ----------
        values : by field, (devices, width) characters; NUL characters are padding and are dropped
        """
        count = len(next(iter(values.values())))
        for start in range(0, count, _BATCH_ROWS):
            yield self._batch({name: text[start : start + _BATCH_ROWS] for name, text in values.items()})

    def _batch(self, values: Mapping[str, Bytes]) -> bytes:
        count = len(next(iter(values.values())))
        widths = [len(self.literals[0])]
        for name, literal in zip(self.fields, self.literals[1:], strict=True):
            widths += [values[name].shape[1], len(literal)]
        page = np.empty((count, sum(widths)), dtype=np.uint8)
        page[:, : widths[0]] = self.literals[0]
        end = widths[0]
        for name, literal in zip(self.fields, self.literals[1:], strict=True):
            text = values[name]
            page[:, end : end + text.shape[1]] = text
            end += text.shape[1]
            page[:, end : end + len(literal)] = literal
            end += len(literal)
        return page.tobytes().replace(b"\0", b"")


def digits(numbers: npt.NDArray[np.int64], prefix: str = "") -> Bytes:
    """Return (n, width) characters: a prefix and a whole number in each row, padded with NUL."""
    width = max(1, len(str(int(numbers.max(initial=0)))))
    powers = 10 ** np.arange(width - 1, -1, -1, dtype=np.int64)
    shifted = numbers[:, None] // powers[None, :]
    text = (shifted % 10 + ord("0")).astype(np.uint8)
    text[:, :-1][shifted[:, :-1] == 0] = 0
    head = np.broadcast_to(np.frombuffer(prefix.encode(), dtype=np.uint8), (len(numbers), len(prefix)))
    return np.concatenate([head, text], axis=1)


def words(texts: list[str]) -> Bytes:
    """Return (n, width) characters: one text in each row, padded with NUL."""
    packed = np.array([text.encode() for text in texts] or [b""], dtype=bytes)
    return packed.view(np.uint8).reshape(len(packed), packed.dtype.itemsize)[: len(texts)]


def joined(first: Bytes, second: Bytes) -> Bytes:
    """Return (n, width) characters: in each row, the text of `first` and then that of `second`."""
    return np.concatenate([first, second], axis=1)


def repeated(text: str, count: int) -> Bytes:
    """Return (count, width) characters: the same text in each row."""
    return np.broadcast_to(np.frombuffer(text.encode(), dtype=np.uint8), (count, len(text)))
