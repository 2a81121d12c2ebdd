# SPDX-License-Identifier: GPL-3.0-or-later
"""Technology files: as editors and programs write them, with slips, and damaged."""

from __future__ import annotations

import random as random_module
import re
import tomllib
from collections.abc import Callable
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from fuzzing.damage import damaged, other_file
from fuzzing.trial import Random, Trial
from memnet.technology import Technology, load_technology

WHOLE = ("bits", "rows", "columns")  # values that are whole numbers
_VALUE = re.compile(r"(\w+) = \{ value = ([^,]*), source = (\"[^\"]*\") \}")


def trial(random: Random, folder: Path) -> Trial:
    """Return a technology file."""
    make = random.choices((_right, _slip, _damaged, _other), (4, 4, 4, 1))[0]
    return make(random, folder / "t.toml")


@cache
def _text() -> str:
    path = resources.files("memnet").joinpath("technologies", "hfox-130nm.toml")
    return path.read_text(encoding="utf-8")


def _says(text: str) -> Callable[[Technology], bool]:
    """Return a check that a technology has the values that a text says, as Python's own reader reads it."""

    def right(technology: Technology) -> bool:
        said = tomllib.loads(text)
        return said["name"] == technology.name and all(
            getattr(getattr(technology, section), key) == entry["value"]
            for section, entries in said.items()
            if isinstance(entries, dict)
            for key, entry in entries.items()
        )

    return right


def _trial(about: str, path: Path, must: Any, text: str = "") -> Trial:
    return Trial(about=about, read=lambda: load_technology(str(path)), right=_says(text), must=must)


def _right(random: Random, path: Path) -> Trial:
    text = _VALUE.sub(lambda match: _varied(match, random), _text())
    if random.random() < 0.3:
        text = text[: text.index("[macromodel]")]
    if random.random() < 0.3:
        text = re.sub(r"#.*\n", "# Größe in Ω\n\n", text)
    if random.random() < 0.3:
        head, *sections = re.split(r"(?m)^(?=\[)", text)
        text = head + "".join(random.sample(sections, len(sections)))
    encoding = random.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16"))
    path.write_bytes(text.replace("\n", random.choice(("\n", "\r\n"))).encode(encoding))
    return _trial(f"as written, {encoding}", path, "be read", text)


def _varied(match: re.Match[str], random: random_module.Random) -> str:
    """Return a value that is a little different, in one of the ways to write it."""
    key, value, source = match.groups()
    if key in WHOLE or random.random() < 0.7:
        return match[0]
    number = float(value) * random.uniform(0.9, 1.0)
    written = random.choice(
        (repr(number), f"{number:.6e}", f"{number:.4E}", f"{number:.20f}" if number > 1e-3 else repr(number))
    )
    return f"{key} = {{ value = {written}, source = {source} }}"


def _slip(random: Random, path: Path) -> Trial:
    place = random.choice(list(_VALUE.finditer(_text())))
    key, value, _ = place.groups()
    name = random.choice(tuple(_SLIPS))
    changed = _SLIPS[name](_text(), place, key, value, random)
    path.write_text(changed, encoding="utf-8")
    return _trial(name, path, "be refused")


def _with_value(text: str, place: re.Match[str], value: str) -> str:
    start, end = place.span(2)
    return text[:start] + value + text[end:]


_SLIPS: dict[str, Callable[[str, re.Match[str], str, str, Random], str]] = {
    "another type": lambda t, p, k, v, r: _with_value(t, p, r.choice(('"1"', "true", "[1]", "{}", "1979-05-27", "''"))),
    "out of range": lambda t, p, k, v, r: _with_value(
        t, p, r.choice(("1e300", "-1e300", "nan", "inf", "-inf", "9" * 400))
    ),
    "no number": lambda t, p, k, v, r: _with_value(t, p, r.choice(("", "1,5", "1e", "0x", "1_", "one", "--1"))),
    "key missing": lambda t, p, k, v, r: t[: p.start()] + t[p.end() :],
    "key unknown": lambda t, p, k, v, r: t[: p.start()] + f"{k}x = 1\n" + t[p.start() :],
    "key twice": lambda t, p, k, v, r: t[: p.end()] + f"\n{p[0]}\n" + t[p.end() :],
    "no source": lambda t, p, k, v, r: t[: p.start()] + f"{k} = {v}" + t[p.end() :],
    "more beside a value": lambda t, p, k, v, r: t[: p.end() - 2] + ", unit = 1 }" + t[p.end() :],
    "section missing": lambda t, p, k, v, r: re.sub(r"\[(opamp|switch|memristor)\][^\[]*", "", t, count=1),
    "section unknown": lambda t, p, k, v, r: (
        t + r.choice(("\n[opamps]\n", "\n[[switch]]\n", "\n['']\n", '\n["\\n"]\n'))
    ),
    "section twice": lambda t, p, k, v, r: t + "\n[opamp]\n",
    "no name": lambda t, p, k, v, r: re.sub(r"name = .*\n", r.choice(("", 'name = ""\n', "name = 1\n")), t, count=1),
    "deep": lambda t, p, k, v, r: _with_value(t, p, "[" * r.choice((50, 3000)) + "]" * 3000),
    "a long line": lambda t, p, k, v, r: _with_value(t, p, "1" * 10**6),
    "Latin-1": lambda t, p, k, v, r: t[: p.start()] + "\0" + t[p.start() :],
}


def _damaged(random: Random, path: Path) -> Trial:
    data = damaged(_text().encode(), random)
    path.write_bytes(data)
    return _trial("damaged", path, "either", data.decode(errors="ignore").replace("\r\n", "\n").removeprefix("\ufeff"))


def _other(random: Random, path: Path) -> Trial:
    path.write_bytes(other_file(random))
    return _trial("another file", path, "be refused")
