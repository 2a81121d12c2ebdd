# SPDX-License-Identifier: GPL-3.0-or-later
"""Fields of settings: each with its text, its type and its limits; and how settings are made and checked by them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import Field, field, fields
from numbers import Integral, Real
from os import PathLike
from typing import Any, TypeVar

from memnet.devices import DeviceSpread
from memnet.errors import SetupError, as_known, choices

Settings = TypeVar("Settings")
MOST_SHOWN = 300  # characters of a value in a message
NUMBERS = {int: (Integral, "whole number"), float: (Real, "number"), bool: (bool, "yes or no")}
TEXTS: dict[Any, tuple[tuple[type, ...], str]] = {str: ((str,), "text"), "path": ((str, PathLike), "path")}
# Keywords of earlier versions, or of a dataclass within: the field to give, and how.
RENAMED = {
    "deploy": ("on", "on='individual', or a structure, such as on='shared'"),
    "structure": ("on", "on='shared', 'slotted' or 'duplicated'"),
    "structures": ("on", "on, such as on=('shared', 'slotted')"),
    "placement": ("conductances", "conductances"),
    "cost": ("transitions", "transitions"),
    **{each.name: ("devices", f"devices=DeviceSpread({each.name}=...)") for each in fields(DeviceSpread)},
}


def made(settings: Callable[..., Settings], keywords: Mapping[str, Any], *given: object) -> Settings:
    """Return settings with some fields given as keywords.

    Raises
    ------
    SetupError
        one is not a field; the message has similar names, or what took the place of one of an earlier version
    """
    known = [each.name for each in fields(settings)]  # type: ignore[arg-type]
    for name in keywords:
        if name not in known:
            raise SetupError(unknown(name, known))
    return settings(*given, **keywords)


def unknown(name: str, known: Collection[str]) -> str:
    """Return what to say of a setting that is not one of the known ones."""
    place, how = RENAMED.get(name, ("", ""))
    return f"unknown setting {name!r}: {f'give {how}' if place in known else choices(name, known)}"


def setting(default: Any, text: str, **facts: Any) -> Any:  # noqa: ANN401 - the field says which type it has
    """Return a dataclass field with a text that says what it is.

    Parameters
    ----------
    facts : `kind` (type); `also` what may be given in place of a text, and attributes by one of which it is known;
        `least` and `most` limits; `choices` allowed values; for the command line `flag` (name, where it is not the
        field's) and `panel` (heading in the help)
    """
    return field(default=default, metadata={"text": text, **facts})


def documented(settings: type[Settings]) -> type[Settings]:
    """Append the texts of all fields to the docstring of a class of settings."""
    texts = ((each.name, each.metadata.get("text")) for each in fields(settings))  # type: ignore[arg-type]
    lines = [f"{name} : {text}" for name, text in texts if text]
    settings.__doc__ = f"{settings.__doc__}\n\n    Attributes\n    ----------\n    " + "\n    ".join(lines) + "\n"
    return settings


def check(settings: Any) -> None:  # noqa: ANN401 - any dataclass of settings
    """Raise `SetupError` for a value of another type, or outside the limits or the choices of its field."""
    for each in fields(settings):
        value, facts = getattr(settings, each.name), each.metadata
        if value is None and each.default is None:
            continue
        if facts.get("kind") in NUMBERS:
            kind, words = NUMBERS[facts["kind"]]
            if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)) or value != value:
                raise SetupError(f"{each.name} = {value!r}: give a {words}")
            object.__setattr__(settings, each.name, facts["kind"](value))  # NumPy's numbers become Python's
        elif facts.get("kind") in TEXTS:
            kinds, words = TEXTS[facts["kind"]]
            what, *attributes = facts.get("also", ("",))
            if not isinstance(value, kinds) and not any(hasattr(value, attribute) for attribute in attributes):
                raise SetupError(f"{each.name} = {_short(value)}: give a {words}{f' or {what}' if what else ''}")
        if facts.get("choices"):
            value = as_known(str(value), facts["choices"])
            if value not in facts["choices"]:
                raise SetupError(f"unknown {each.name} {value!r}: {choices(str(value), facts['choices'])}")
            object.__setattr__(settings, each.name, value)
        if "least" in facts and value < facts["least"]:
            raise SetupError(f"{each.name} = {value}: give at least {facts['least']}")
        if "most" in facts and value > facts["most"]:
            raise SetupError(f"{each.name} = {value}: give at most {facts['most']}")


def as_keywords(settings: Any) -> dict[str, Any]:  # noqa: ANN401 - any dataclass of settings
    """Return settings as the keywords that they are made of, for a method of `Chip`."""
    return {each.name: getattr(settings, each.name) for each in fields(settings)}


def refuse_without_effect(settings: Any, names: Sequence[str], reason: str) -> None:  # noqa: ANN401
    """Raise `SetupError` for the first of some settings that differs from its default: it would change nothing."""
    by_name: dict[str, Field[Any]] = {each.name: each for each in fields(settings)}
    for name in names:
        value = getattr(settings, name)
        if value != by_name[name].default:
            shown = str(value) if isinstance(value, PathLike) else value
            raise SetupError(f"{name} = {_short(shown)} has no effect {reason}")


def _short(value: object) -> str:
    """Return the text of a value, cut where it is longer than any name or path in a message should be."""
    text = repr(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."
