# SPDX-License-Identifier: GPL-3.0-or-later
"""read_genotype: turns a published name, a text, the path of a file or a seed into a Genotype."""

from __future__ import annotations

import os
import re
from pathlib import Path

import memnet.genotype.picture  # noqa: F401 - notebooks show what is read
from memnet.errors import GenotypeError
from memnet.files import kind_of_file, read_text
from memnet.genotype.cells import Genotype, shorten
from memnet.genotype.known import is_known, known_genotype
from memnet.genotype.space import random_derived_genotype, random_genotype
from memnet.genotype.text import parse_genotype

MOST_CHARACTERS = 50_000_000  # of a file; the log of a search has some hundred thousand
_SAMPLERS = {"random": random_genotype, "random-derived": random_derived_genotype}
_SEED = re.compile(r"[0-9]{1,18}")
_LIKE_A_FILE = re.compile(r".*[/\\].*|.*\.[A-Za-z]\w{0,7}", re.ASCII)  # has a folder or a suffix
_YAML = (".yaml", ".yml")
_WANTED = "it should hold one genotype: DARTS's Genotype(...) text, the log of a search, or JSON"


def read_genotype(text: str | os.PathLike[str]) -> Genotype:
    """Return the genotype that `text` names, contains or points to.

    Parameters
    ----------
    text : one of
        a known name (`DARTS_V2`, case-sensitive; `known_genotypes` lists them);
        the text that DARTS prints, `Genotype(normal=[('sep_conv_3x3', 0), ...], ...)`, never evaluated;
        a JSON object with the four fields normal, normal_concat, reduce and reduce_concat, or of NAS-Bench-301 or NNI;
        the path of a file that holds one of these two, or the log of a search: its last genotype is read, and a
        `GenotypeWarning` says so;
        `random:SEED`, one of eight operations on each of the 14 edges of both cells;
        `random-derived:SEED`, two predecessors a node, one of seven operations each

    Raises
    ------
    GenotypeError
        the message says what is wrong, where (the edge, or line and column), and what would be accepted

    Examples
    --------
    >>> genotype = read_genotype("random:7")
    >>> genotype.name, len(genotype.normal.nodes)
    ('random:7', 4)
    """
    if isinstance(text, os.PathLike):
        return _from_file(Path(text))
    if not isinstance(text, str):
        raise GenotypeError(f"genotype {shorten(text)}: give a name, a text, a path or a Genotype")
    stripped = text.strip()
    if is_known(stripped):
        return known_genotype(stripped)
    kind, colon, seed = stripped.partition(":")
    if colon and kind in _SAMPLERS:
        return _sampled(kind, seed)
    if not stripped:
        raise GenotypeError("empty genotype: give a known name such as DARTS_V2, or a genotype's text")
    has_marks = any(mark in stripped for mark in "({[=\n")
    if _exists(stripped) or (not has_marks and _LIKE_A_FILE.fullmatch(stripped)):
        return _from_file(Path(stripped))
    if has_marks:
        return parse_genotype(text)
    return known_genotype(shorten(stripped))


def _sampled(kind: str, seed: str) -> Genotype:
    if not _SEED.fullmatch(seed):
        raise GenotypeError(f"{kind}:{shorten(seed)}: the seed is a whole number of up to 18 digits, as in {kind}:7")
    return _SAMPLERS[kind](int(seed))


def _exists(text: str) -> bool:
    """Return whether a text is the path of a file or folder; most texts are no paths at all."""
    try:
        return Path(text).exists()
    except (OSError, ValueError):  # too long, or with null bytes
        return False


def _from_file(path: Path) -> Genotype:
    shown = shorten(path, 200)
    text = _file_text(path, shown)
    if not text.strip():
        raise GenotypeError(f"{shown}: empty; {_WANTED}")
    name = re.sub(r"[^\w.+-]+", "_", path.stem, flags=re.ASCII).lstrip(".+-") or "genotype"
    try:
        return parse_genotype(text, name=name[:100])
    except GenotypeError as error:
        is_yaml = path.suffix.lower() in _YAML and "not a genotype" in str(error)
        hint = "; YAML is not read, JSON is" if is_yaml else ""
        raise GenotypeError(f"{shown}: {error}{hint}") from None


def _file_text(path: Path, shown: str) -> str:
    """Return the text of a file, of at most MOST_CHARACTERS."""
    try:
        if path.exists() and not path.is_file():
            raise GenotypeError(f"{shown}: is {'a folder' if path.is_dir() else 'no regular file'}; give a file")
        kind = kind_of_file(path)
    except OSError as error:
        raise GenotypeError(f"{shown}: cannot be read: {error.strerror}; {_WANTED}") from None
    except ValueError as error:  # null bytes in the path
        raise GenotypeError(f"{shown}: no path ({error})") from None
    if kind:
        raise GenotypeError(f"{shown}: is {kind}; {_WANTED}")
    return read_text(path, GenotypeError, most=MOST_CHARACTERS)
