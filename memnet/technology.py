# SPDX-License-Identifier: GPL-3.0-or-later
"""Technologies: consistent sets of memristor, op-amp, comparator, switch and area constants, read from TOML files.

In a file, each value has its source beside it. A value outside its plausible range is refused.
"""

from __future__ import annotations

import math
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from memnet.errors import TechnologyError, as_known, choices
from memnet.files import read_text
from memnet.ranges import AREAS, RANGES
from memnet.sections import (
    SUBCIRCUIT_FILES,
    Array,
    BareCell,
    Comparator,
    MacroModel,
    Memristor,
    Model,
    Noise,
    OpAmp,
    Passive,
    SelectorCell,
    Switch,
    TransistorCell,
    Wire,
)

SHIPPED = Path(__file__).with_name("technologies")
DEFAULT_TECHNOLOGY = "hfox-130nm"
MOST_CHARACTERS = 100_000  # in a technology file; the shipped ones have 4,000
MOST_IN_A_LINE = 10_000  # tomllib takes memory with the square of the parts of a key, which is a line at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Technology:
    """All constants of a technology, in SI units.

    `sources` has the source of each by `section.key`, `loaded` the name and the values as they were read: what differs
    was changed in Python. Optional sections, such as `array` and the cells, are None in a technology without them.

    Examples
    --------
    >>> technology = load_technology("hfox-130nm")
    >>> technology.memristor.g_max_siemens, technology.opamp.gbw_hz
    (0.0001, 100000000.0)
    >>> technology.with_bits(4).memristor.bits
    4
    """

    name: str
    description: str
    memristor: Memristor
    opamp: OpAmp
    comparator: Comparator
    switch: Switch
    passive: Passive
    macromodel: MacroModel
    sources: dict[str, str]
    memristor_model: Model | None = None
    array: Array | None = None
    wire: Wire | None = None
    cell_1t1r: TransistorCell | None = None
    cell_1s1r: SelectorCell | None = None
    cell_0t1r: BareCell | None = None
    noise: Noise | None = None
    loaded: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def pole_farad(self) -> float:
        """Return the capacitance of an op-amp's pole in the macro-model, gm / (2 pi GBW), farads.

        >>> f"{technology.pole_farad:.3g}"
        '1.59e-12'
        """
        return self.macromodel.transconductance_siemens / (2 * math.pi * self.opamp.gbw_hz)

    def values(self) -> dict[str, Any]:
        """Return all values by `section.key`, and the name as `name`.

        >>> technology.values()["opamp.gain"]
        100000.0
        """
        sections = {section: asdict(getattr(self, section)) for section in _present(self)}
        values = {f"{section}.{key}": value for section, held in sections.items() for key, value in held.items()}
        return {"name": self.name, **values}

    def with_bits(self, bits: int) -> Technology:
        """Return the same technology with 2^bits conductance levels; 1 to 12 bits.

        >>> technology.with_bits(4).memristor.bits
        4
        """
        return checked(replace(self, memristor=replace(self.memristor, bits=bits)), f"--bits {bits}")

    def ideal(self) -> Technology:
        """Return this technology with op-amps and switches as near to ideal as simulators can still solve.

        The op-amp has a gain of 1e8, no offset, and a rectifier switch of 1 mohm closed and 1e15 ohm open; an open
        analog switch has 1e12 ohm.

        >>> technology.ideal().opamp.gain
        100000000.0
        """
        opamp = replace(self.opamp, gain=1e8, offset_v=0.0, rectifier_ron_ohm=1e-3, rectifier_roff_ohm=1e15)
        ideal = replace(self, name=f"{self.name}-ideal", opamp=opamp, switch=replace(self.switch, roff_ohm=1e12))
        before = self.values()
        made = {key: value for key, value in ideal.values().items() if value != before[key]}
        return replace(ideal, loaded={**self.loaded, **made})


_SECTIONS: dict[str, type[Any]] = {
    "memristor": Memristor,
    "opamp": OpAmp,
    "comparator": Comparator,
    "switch": Switch,
    "passive": Passive,
    "macromodel": MacroModel,
}
_OPTIONAL: dict[str, type[Any]] = {  # sections that a file may leave out
    "memristor_model": Model,
    "array": Array,
    "wire": Wire,
    "cell_1t1r": TransistorCell,
    "cell_1s1r": SelectorCell,
    "cell_0t1r": BareCell,
    "noise": Noise,
}
_LENT = (*_SECTIONS, "cell_1t1r", "cell_1s1r", "cell_0t1r")  # what a base lends: all that does not go by its devices
_WHOLE = ("bits", "rows", "columns")  # keys whose values are whole numbers
_TEXTS = ("name",)  # keys whose values are texts
_BESIDE = (".toml", *SUBCIRCUIT_FILES)  # suffixes of a model's files, sought from the folder of the technology file
_LONGEST_TEXT = 200


def _present(technology: Technology) -> dict[str, type[Any]]:
    """Return the sections that a technology has, with their classes."""
    held = {section: kind for section, kind in _OPTIONAL.items() if getattr(technology, section) is not None}
    return {**_SECTIONS, **held}


def technology_names() -> list[str]:
    """Return the names of the technologies that are shipped with memnet."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def load_technology(name: str = DEFAULT_TECHNOLOGY) -> Technology:
    """Read a shipped technology, given its name, or a TOML file, given its path, which ends with `.toml`.

    A file may say `base = NAME`: sections that it lacks are then those of that shipped technology, but for the model of
    memristors, arrays, wires and noise. A file without a base that has no section [macromodel] gets that section of the
    default technology.

    Raises
    ------
    TechnologyError
        unknown name, unreadable file, unknown or missing key, wrong unit or impossible value

    Examples
    --------
    >>> load_technology("rram-65nm").memristor.read_limit_v
    0.2
    """
    if name.endswith(".toml"):
        path = Path(name)
        if not path.is_file():
            raise TechnologyError(f"technology file {name!r} does not exist; known by name: {technology_names()}")
        text = read_text(path, TechnologyError, most=MOST_CHARACTERS)
        return _parse(_read(text, str(path)), str(path))
    name = as_known(name, technology_names())
    if name not in technology_names():
        raise TechnologyError(f"unknown technology {name!r}: {choices(name, technology_names())}, or give a .toml file")
    return _parse(_shipped(name), f"{name}.toml")


def _shipped(name: str) -> dict[str, Any]:
    return _read((SHIPPED / f"{name}.toml").read_text(encoding="utf-8"), f"{name}.toml")


def _read(text: str, where: str) -> dict[str, Any]:
    import tomllib  # here: the command line's help needs no technology

    for number, line in enumerate(text.splitlines(), start=1):
        if len(line) > MOST_IN_A_LINE:
            raise TechnologyError(f"{where}: line {number} has over {MOST_IN_A_LINE:,} characters; shorten it")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # not every number or depth that is wrong is a TOMLDecodeError
        raise TechnologyError(f"{where}: not TOML: {error}") from error


def _completed(data: dict[str, Any], where: str) -> dict[str, Any]:
    """Return the contents of a file with the sections that it lacks, which its base has."""
    base = data.get("base")
    if base is None:
        return {"macromodel": _shipped(DEFAULT_TECHNOLOGY)["macromodel"], **data}
    if base not in technology_names():
        raise TechnologyError(f"{where}: base = {base!r:.80}: give the name of one of {technology_names()}")
    lent = {section: table for section, table in _shipped(base).items() if section in _LENT}
    return {**lent, **data}


def _parse(data: dict[str, Any], where: str) -> Technology:
    known = {"name", "description", "base", *_SECTIONS, *_OPTIONAL}
    for key in data:
        if key not in known:
            raise TechnologyError(f"{where}: unknown key {key!r}: {choices(key, known)}")
    data = _completed(data, where)
    sources: dict[str, str] = {}
    wanted = [*_SECTIONS, *(section for section in _OPTIONAL if section in data)]
    sections = {section: _section(section, data.get(section), where, sources) for section in wanted}
    name = data.get("name")
    if not isinstance(name, str) or not name:
        raise TechnologyError(f'{where}: needs a line name = "..."')
    if "memristor_model" in sections:
        sections["memristor_model"] = _found(sections["memristor_model"], Path(where).parent)
    technology = Technology(name=name, description=str(data.get("description", "")), sources=sources, **sections)
    return checked(replace(technology, loaded=technology.values()), where)


def _section(section: str, table: object, where: str, sources: dict[str, str]) -> Any:  # noqa: ANN401 - one of the sections' classes
    kind = {**_SECTIONS, **_OPTIONAL}[section]
    expected = {field.name for field in fields(kind)}
    if not isinstance(table, dict):
        raise TechnologyError(f"{where}: needs a section [{section}] with {sorted(expected)}")
    for key in table:
        if key not in expected:
            raise TechnologyError(f"{where}: [{section}] has the unknown key {key!r}: {choices(key, expected)}")
    values: dict[str, float | int | str] = {}
    optional = {field.name for field in fields(kind) if field.default is not MISSING}
    for key in sorted(expected - (optional - set(table))):
        entry = table.get(key)
        if not isinstance(entry, dict) or set(entry) != {"value", "source"}:
            raise TechnologyError(f'{where}: [{section}] needs {key} = {{ value = ..., source = "..." }}')
        values[key] = _value(section, key, entry["value"], where)
        sources[f"{section}.{key}"] = str(entry["source"])
    return kind(**values)


def _found(model: Model, folder: Path) -> Model:
    """Return a technology's model, with the path of its file from the technology's folder, where it is a file."""
    return Model(name=str(folder / model.name)) if model.name.endswith(_BESIDE) else model


def _value(section: str, key: str, value: object, where: str) -> float | int | str:
    if key in _TEXTS:
        return _text(section, key, value, where)
    is_integer = key in _WHOLE
    if isinstance(value, bool) or not isinstance(value, int if is_integer else (int, float)):
        raise TechnologyError(f"{where}: [{section}] {key} = {value!r} is not a {'whole ' if is_integer else ''}number")
    low, high = RANGES.get(key, AREAS)
    if isinstance(value, int) and abs(value) >= 10**300:  # which may be too long to print, or to be a float
        raise TechnologyError(f"{where}: [{section}] {key} has over 300 digits; values are in SI units")
    if not low <= value <= high:
        raise TechnologyError(
            f"{where}: [{section}] {key} = {value!r} lies outside {low:g} to {high:g}; values are in SI units, "
            "as the key says"
        )
    return int(value) if is_integer else float(value)


def _text(section: str, key: str, value: object, where: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_TEXT or not value.isprintable():
        quoted = f"{value!r:.80}"
        raise TechnologyError(f"{where}: [{section}] {key} = {quoted} is not a text of 1 to {_LONGEST_TEXT} letters")
    if value.endswith(".py"):  # a file of values must not run programs
        raise TechnologyError(f"{where}: [{section}] {key} = {value!r} is a program; give it by --memristor")
    return value


def checked(technology: Technology, where: str) -> Technology:
    """Return a technology if all its values are possible, alone and together.

    Raises
    ------
    TechnologyError
        one is not; the message begins with `where`
    """
    for section, kind in _present(technology).items():
        for each in fields(kind):
            _value(section, each.name, getattr(getattr(technology, section), each.name), where)
    device, opamp = technology.memristor, technology.opamp
    if device.g_max_siemens <= device.g_min_siemens:
        raise TechnologyError(f"{where}: g_max_siemens {device.g_max_siemens:g} is not above g_min_siemens")
    if opamp.saturation_v > min(opamp.vdd_v, -opamp.vss_v):
        raise TechnologyError(f"{where}: [opamp] saturation_v {opamp.saturation_v:g} lies beyond its supplies")
    if technology.switch.roff_ohm <= technology.switch.ron_ohm:
        raise TechnologyError(f"{where}: [switch] roff_ohm is not above ron_ohm")
    cell = technology.cell_1t1r
    if cell is not None and cell.gate_v <= cell.vto_v + device.read_limit_v:
        raise TechnologyError(
            f"{where}: [cell_1t1r] gate_v {cell.gate_v:g} is not above vto_v {cell.vto_v:g} by more than the read "
            f"limit of {device.read_limit_v:g} V: the transistor would not stay in its triode region"
        )
    return technology
