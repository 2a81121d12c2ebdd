# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the `Genotype(...)` in Python text or in the log of a search, and reads its fields; nothing is evaluated."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass

from memnet.errors import GenotypeError, GenotypeWarning
from memnet.genotype.cells import shorten, summarise

MAX_CHARACTERS = 100_000  # no genotype is longer
REQUIRED = ("normal", "normal_concat", "reduce", "reduce_concat")
_MAX_INTEGER = 1000
_NOT_ONE = "not a genotype; write Genotype(normal=[...], normal_concat=..., reduce=[...], ...)"
_CALL = re.compile(r"\bGenotype\(", re.ASCII)
_BEFORE = re.compile(r"(?:\b([A-Za-z_]\w*)\s*=\s*)?(?:\b[A-Za-z_]\w*\.)*$", re.ASCII)  # `genotype = gt.`
_BEFORE_CHARACTERS = 200
_MOST_NAMES = 1000  # whose names are compared; a search has one genotype an epoch
_BRACKETS = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"|[()\[\]{}]")
# How NumPy and PyTorch print numbers, names and short arrays: np.int64(1), np.str_('none'), tensor(0.2).
_WRAPPER = re.compile(r"u?int\d{0,2}_?|intp|float\d{0,3}_?|str_|tensor|array", re.ASCII)


def python_document(text: str) -> dict[str, object]:
    """Return the fields of the genotype in some text by name, and under `name` the variable that it is assigned to.

    The text is Python, in which other statements may stand before the genotype, or the log of a search, from which the
    last genotype is taken.

    Raises
    ------
    GenotypeError
        there is no genotype, there are several of different names, or one holds more than literals
    """
    stripped = text.strip()
    start = text.index(stripped)
    failure = GenotypeError(f"genotype text of {len(text)} characters; no genotype is longer than {MAX_CHARACTERS}")
    if len(stripped) <= MAX_CHARACTERS:
        try:
            return _of_module(_Piece.of(text, start, start + len(stripped)))
        except _SyntaxFailure as error:
            failure = GenotypeError(str(error))
    calls = [match.start() for match in _CALL.finditer(text)]
    if not calls:
        raise failure
    return _of_log(text, calls)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """A part of a text that is parsed as Python; lines and columns in messages are those of the whole text."""

    source: str
    first_line: int
    shift: int  # columns before the piece, in its first line

    @classmethod
    def of(cls, text: str, start: int, end: int) -> _Piece:
        line = text.count("\n", 0, start) + 1
        return cls(source=text[start:end], first_line=line, shift=start - (text.rfind("\n", 0, start) + 1))

    def place(self, line: int, column: int) -> str:
        shift = self.shift if line == 1 else 0
        return f"line {line + self.first_line - 1}, column {column + shift}"

    def statements(self) -> list[ast.stmt]:
        try:
            return ast.parse(self.source).body
        except SyntaxError as error:
            where = self.place(error.lineno or 1, error.offset or 1)
            raise _SyntaxFailure(f"{where}: not a genotype: {error.msg}") from None
        except ValueError as error:  # null bytes
            raise GenotypeError(f"not a genotype: {error}") from None

    def document(self, statement: ast.stmt) -> dict[str, object]:
        try:
            return _fields(statement)
        except _RefusedError as refusal:
            raise self.refused(refusal.node, str(refusal)) from None

    def refused(self, node: ast.expr | ast.stmt | ast.keyword, why: str) -> GenotypeError:
        written = shorten(ast.get_source_segment(self.source, node) or "")
        return GenotypeError(f"{self.place(node.lineno, node.col_offset + 1)}: {written!r}: {why}")


class _SyntaxFailure(GenotypeError):
    """The text is no Python; it may still be a log."""


class _RefusedError(Exception):
    """Raised with a node of the syntax tree that a genotype cannot contain; the message says why it is refused."""

    def __init__(self, node: ast.expr | ast.stmt | ast.keyword, why: str) -> None:
        super().__init__(why)
        self.node = node


def _of_module(piece: _Piece) -> dict[str, object]:
    """Return the fields of the only genotype among Python statements, or of the last of several of one name."""
    statements = piece.statements()
    if not statements:  # nothing but comments
        raise GenotypeError("line 1, column 1: no genotype in the text; write Genotype(normal=[...], ...)")
    found = [index for index, statement in enumerate(statements) if _call_of(statement)]
    if not found:
        raise piece.refused(statements[0], _NOT_ONE)
    _refuse_names(_name_of(statements[index]) for index in found)
    for index in range(found[0], len(statements)):
        if index not in found:
            raise piece.refused(statements[index], "a second statement; give one genotype")
    last = statements[found[-1]]
    _tell_last(len(found), piece.first_line + last.lineno - 1)
    return piece.document(last)


def _of_log(text: str, calls: list[int]) -> dict[str, object]:
    """Return the fields of the last genotype in a text that is no Python, where the genotypes begin at `calls`."""
    names = [_BEFORE.search(text[max(0, start - _BEFORE_CHARACTERS) : start]) for start in calls[-_MOST_NAMES:]]
    _refuse_names((match[1] or "") if match else "" for match in names)
    last = _Piece.of(text, calls[-1], _end_of_call(text, calls[-1]))
    document = last.document(last.statements()[0])
    name = names[-1][1] if names[-1] else None
    if name and name != "genotype":  # what every log calls it: the name of the file says more
        document["name"] = name
    _tell_last(len(calls), last.first_line)
    return document


def _end_of_call(text: str, start: int) -> int:
    """Return where the bracket that opens after `start` is closed; the end of the text if it never is."""
    depth, limit = 0, min(len(text), start + MAX_CHARACTERS)
    for match in _BRACKETS.finditer(text, start, limit):
        if len(match[0]) == 1:
            depth += 1 if match[0] in "([{" else -1
            if depth == 0:
                return match.end()
    return limit


def _refuse_names(names: Iterable[str]) -> None:
    distinct = list(dict.fromkeys(name for name in names if name))
    if len(distinct) > 1:
        raise GenotypeError(f"{len(distinct)} genotypes, {summarise(distinct)}: leave the one that is meant")


def _tell_last(count: int, line: int) -> None:
    if count > 1:
        warnings.warn(f"{count} genotypes in the text: the last is read, in line {line}", GenotypeWarning, stacklevel=2)


def _call_of(statement: ast.stmt) -> ast.Call | None:
    """Return the call of a statement that is `Genotype(...)` or `NAME = Genotype(...)`, as `gt.Genotype(...)` too."""
    match statement:
        case (
            ast.Assign(targets=[ast.Name()], value=ast.Call(func=func) as call)
            | ast.Expr(value=ast.Call(func=func) as call)
        ) if _called(func) == "Genotype":
            return call
    return None


def _name_of(statement: ast.stmt) -> str:
    return (
        statement.targets[0].id
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
        else ""
    )


def _called(func: ast.expr) -> str:
    """Return the last part of a dotted name, such as `int64` of `np.int64`; empty for any other expression."""
    inner = func
    while isinstance(inner, ast.Attribute):
        inner = inner.value
    if not isinstance(inner, ast.Name):
        return ""
    return func.attr if isinstance(func, ast.Attribute) else inner.id


def _fields(statement: ast.stmt) -> dict[str, object]:
    document: dict[str, object] = {"name": _name_of(statement)} if _name_of(statement) else {}
    call = _call_of(statement)
    if call is None:
        raise _RefusedError(statement, _NOT_ONE)
    for argument in call.args:
        raise _RefusedError(argument, f"a field without its name; write {', '.join(f'{key}=' for key in REQUIRED)}")
    for keyword in call.keywords:
        if keyword.arg is None or keyword.arg in document:
            raise _RefusedError(keyword, "give each field once, by its name")
        document[keyword.arg] = _literal(keyword.value)
    return document


def _literal(node: ast.expr) -> object:
    """Return the value of a list, a constant, range(int, int) or a printed NumPy value; all else is refused."""
    match node:
        case ast.Constant(value=int(number)) if number > _MAX_INTEGER:
            raise _RefusedError(node, "a number larger than any in a genotype")
        case ast.Constant(value=value):
            return value
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [_literal(item) for item in items]
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(number) | float(number))) if (
            number <= _MAX_INTEGER
        ):
            return -number
        case ast.Call(func=ast.Name(id="range"), args=[first, last], keywords=[]):
            start, stop = _literal(first), _literal(last)
            if isinstance(start, int) and isinstance(stop, int):
                return list(range(start, stop))
        case ast.Call(func=ast.Name(id="list" | "tuple"), args=[inner], keywords=[]):
            listed = _literal(inner)
            if isinstance(listed, list):
                return listed
        case ast.Call(func=func, args=[inner]) if _WRAPPER.fullmatch(_called(func)):
            return _literal(inner)
    raise _RefusedError(node, "neither a literal nor range(first, last), and nothing else is read")
