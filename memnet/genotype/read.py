# SPDX-License-Identifier: GPL-3.0-or-later
"""read_genotype: turns a published name, a text, the path of a file or a seed into a Genotype."""

from __future__ import annotations

import re
from pathlib import Path

from memnet.errors import GenotypeError
from memnet.genotype.cells import Genotype, shorten
from memnet.genotype.known import is_known, known_genotype
from memnet.genotype.space import random_derived_genotype, random_genotype
from memnet.genotype.text import MAX_CHARACTERS, parse_genotype

_SAMPLERS = {"random": random_genotype, "random-derived": random_derived_genotype}
_SUFFIXES = (".json", ".txt")
_SEED = re.compile(r"[0-9]{1,18}")


def read_genotype(text: str) -> Genotype:
    """Return the genotype that `text` names, contains or points to.

    Parameters
    ----------
    text : one of
        a known name (`DARTS_V2`, case-sensitive; `known_genotypes` lists them);
        the text that DARTS prints, `Genotype(normal=[('sep_conv_3x3', 0), ...], ...)`, never evaluated;
        a JSON object with the four fields normal, normal_concat, reduce and reduce_concat;
        the path of a .json or .txt file that holds either of these two;
        `random:SEED`, one of eight operations on each of the 14 edges of both cells;
        `random-derived:SEED`, two predecessors a node, one of seven operations each

    Raises
    ------
    GenotypeError
        the message says what is wrong, where (the edge, or line and column), and what would be accepted
    """
    stripped = text.strip()
    if is_known(stripped):
        return known_genotype(stripped)
    kind, colon, seed = stripped.partition(":")
    if colon and kind in _SAMPLERS:
        return _sampled(kind, seed)
    if stripped.endswith(_SUFFIXES) and "\n" not in stripped:
        return _from_file(Path(stripped))
    if not stripped:
        raise GenotypeError("empty genotype: give a known name such as DARTS_V2, or a genotype's text")
    if any(mark in stripped for mark in "({[=\n"):
        return parse_genotype(text)
    return known_genotype(shorten(stripped))


def _sampled(kind: str, seed: str) -> Genotype:
    if not _SEED.fullmatch(seed):
        raise GenotypeError(f"{kind}:{shorten(seed)}: the seed is a whole number of up to 18 digits, as in {kind}:7")
    return _SAMPLERS[kind](int(seed))


def _from_file(path: Path) -> Genotype:
    try:
        with path.open(encoding="utf-8-sig") as file:
            text = file.read(MAX_CHARACTERS + 1)
    except OSError as error:
        raise GenotypeError(f"{path}: cannot be read: {error.strerror}; give a .json or .txt file") from None
    except UnicodeDecodeError as error:
        raise GenotypeError(f"{path}: not UTF-8 text (byte {error.start}); it should hold one genotype") from None
    if not text.strip():
        raise GenotypeError(f"{path}: empty; it should hold one genotype")
    name = re.sub(r"[^\w.+-]+", "_", path.stem, flags=re.ASCII).lstrip(".+-") or "genotype"
    try:
        return parse_genotype(text, name=name[:100])
    except GenotypeError as error:
        raise GenotypeError(f"{path}: {error}") from None
