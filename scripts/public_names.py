# SPDX-License-Identifier: GPL-3.0-or-later
"""What of memnet is public, and how much of it has an example, shapes and units in its docstring.

python scripts/public_names.py        print the shares, and what lacks something; exit status 1 where anything does

Public are the names of the modules in PUBLIC and, of the classes among them, all methods and properties that do not
begin with an underscore. All else is how memnet is made: the site describes it under Inside, and it may change with
any version. Each public name needs

- an example in its docstring, which tests/test_public_names.py runs. Those of a class come first, and those of its
  methods and properties go on from there, so that they use what it made.
- shapes, such as `(images, classes)`, of all arrays: of a class's fields, and of what is given and returned.
- units of all numbers: a suffix of SI in the name (`delay_s`), or a text on what the number is.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from functools import cached_property
from importlib import import_module
from typing import Any

PUBLIC = ("memnet", "memnet.results", "memnet.settings", "memnet.testing", "memnet.extending")
SUFFIXES = ("s", "v", "a", "j", "w", "hz", "hertz", "ohm", "siemens", "farad", "m2", "m", "k", "db", "degrees", "bytes")
ARRAY = re.compile(r"\b(Floats|NDArray|ArrayLike|Complex|Nets|Images|Labels|Tensors)\b")
NUMBER = re.compile(r"\bfloat\b")
SHAPE = re.compile(r"\((\d+ )?[a-z0-9][\w ]*,[\w ,./-]*\)|\([a-z ]+,\)|any shape|broadcast|shape of|their shape")
UNIT = re.compile(
    r"\b(volts?|V|seconds?|s|amperes?|A|siemens|S|ohms?|farads?|hertz|Hz|joules?|J|watts?|W|square metres?|m2|kelvin"
    r"|decibels?|degrees|bytes|shares?|ratio|times|units|number|bits|scale|gain|volts rms|logit|error|rate|accuracy"
    r"|figures?|SI)\b"
)


@dataclass(frozen=True)
class Public:
    """A public name: `memnet.Chip.simulate` is the member `simulate` of the class `memnet.Chip`."""

    module: str
    path: str  # inside the module
    thing: Any
    owner: type | None = None

    @property
    def name(self) -> str:
        """Return the whole name."""
        return f"{self.module}.{self.path}"

    @property
    def doc(self) -> str:
        """Return the docstring, that of what a property calls."""
        return inspect.getdoc(self.thing) or ""

    @property
    def has_example(self) -> bool:
        """Return whether the docstring has an example."""
        return ">>>" in self.doc


def public_names() -> Iterator[Public]:
    """Yield all public functions and classes, each followed by its public members; each once."""
    seen: set[int] = set()
    for module in PUBLIC:
        face = import_module(module)
        for name in face.__all__:
            thing = getattr(face, name)
            if not (inspect.isclass(thing) or inspect.isroutine(thing)) or id(thing) in seen:
                continue  # a registry, which the docstring of its module describes
            seen.add(id(thing))
            yield Public(module, name, thing)
            if inspect.isclass(thing):
                for member, found in members(thing):
                    if id(found) not in seen:
                        seen.add(id(found))
                        yield Public(module, f"{name}.{member}", found, thing)


def members(cls: type) -> Iterator[tuple[str, Any]]:
    """Yield the methods and properties of a class, those of its bases in memnet too, and no fields."""
    own = {each.name for each in fields(cls)} if is_dataclass(cls) else set()
    for base in cls.__mro__:
        if base.__module__.split(".")[0] == "memnet":
            for name, value in vars(base).items():
                thing = value.__func__ if isinstance(value, classmethod | staticmethod) else value
                if name.startswith("_") or name in own:
                    continue
                if inspect.isroutine(thing) or isinstance(thing, property | cached_property):
                    own.add(name)
                    yield name, thing


def called(thing: Any) -> Any:  # noqa: ANN401 - whatever is public
    """Return the function behind a property, a decorator or a class."""
    if isinstance(thing, property):
        return thing.fget
    if isinstance(thing, cached_property):
        return thing.func
    return thing


def annotated(public: Public) -> dict[str, str]:
    """Return the annotations of what a name takes, returns or holds, as texts; those of arrays and numbers count."""
    thing = called(public.thing)
    if inspect.isclass(thing):
        if is_dataclass(thing):
            return {each.name: str(each.type) for each in fields(thing) if not each.name.startswith("_")}
        thing = thing.__init__
        return {name: str(kind) for name, kind in getattr(thing, "__annotations__", {}).items() if name != "return"}
    return {name: str(kind) for name, kind in getattr(thing, "__annotations__", {}).items()}


def texts(public: Public) -> dict[str, str]:
    """Return what a docstring says of each parameter and field, by name; `return` for all of it."""
    doc = re.sub(r"^(>>>|\.\.\.).*$", "", public.doc, flags=re.MULTILINE)
    before, *sections = re.split(r"^(\w+)\n-{3,}\n", doc, flags=re.MULTILINE)
    returned = dict(zip(sections[::2], sections[1::2], strict=True)).get("Returns", "")
    found = {"return": before + returned}
    for match in re.finditer(r"^([\w, ]+) : (.*(?:\n    .*)*)", doc, re.MULTILINE):
        found |= dict.fromkeys((name.strip() for name in match[1].split(",")), match[2])
    return found


def lacking(public: Public) -> list[str]:
    """Return what a public name lacks, a few words each."""
    said, wanted = texts(public), annotated(public)
    missing = [] if public.has_example else ["an example"]
    # A docstring without a section of parameters says in its sentences what it takes.
    alone = wanted if "Parameters\n---" not in public.doc and not inspect.isclass(public.thing) else ()
    for name, kind in wanted.items():
        text = said.get(name) or (said["return"] if name in ("return", *alone) else "")
        if ARRAY.search(kind) and not SHAPE.search(text):
            missing.append(f"the shape of {name}")
        elif (NUMBER.search(kind) or ARRAY.search(kind)) and not has_unit(public, name, text):
            missing.append(f"the unit of {name}")
    return missing


def has_unit(public: Public, name: str, text: str) -> bool:
    """Return whether a number's name or its text says in what it is."""
    asked = public.path if name == "return" else name
    by_name = any(asked == suffix or asked.endswith(f"_{suffix}") for suffix in SUFFIXES)
    return by_name or bool(text and (name != "return" or UNIT.search(text)))


def main() -> int:
    """Print the shares and what is lacking; return the exit status."""
    names = list(public_names())
    found = {public.name: lacking(public) for public in names}
    for name, missing in found.items():
        if missing:
            print(f"{name}: lacks {', '.join(missing)}")
    whole = sum(not missing for missing in found.values())
    examples = sum(public.has_example for public in names)
    print(f"{len(names)} public names: {examples} have an example, {whole} ({whole / len(names):.1%}) lack nothing")
    return int(whole < len(names))


if __name__ == "__main__":
    sys.exit(main())
