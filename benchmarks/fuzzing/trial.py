# SPDX-License-Identifier: GPL-3.0-or-later
"""`Trial`: one input, and what memnet should make of it; `outcome`: what it did make of it."""

from __future__ import annotations

import logging
import random
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from memnet.errors import MemnetError

Must = Literal["be read", "be refused", "either"]
READ, REFUSED = "read right", "refused in a sentence"
WRONG, STRICT, TRACEBACK, GARBLED = "silent wrong answer", "refused, though right", "traceback", "unclear sentence"
HANG, CRASH, MEMORY = "hang", "crash", "much memory"
FINE = (READ, REFUSED)
FAULTS = (WRONG, STRICT, TRACEBACK, GARBLED, HANG, CRASH, MEMORY)
LONGEST_SENTENCE = 1200
Random = random.Random


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One input.

    Attributes
    ----------
    about : what was done to it, in a few words
    read : lets memnet read it
    right : whether what was read is what the input says
    must : whether it has to be read, has to be refused, or may be either, so long as what is read is right
    """

    about: str
    read: Callable[[], Any]
    right: Callable[[Any], bool] = lambda value: False
    must: Must


Kind = Callable[[Random, Path], Trial]


def trial_of(kind: str, make: Kind, index: int, folder: Path) -> Trial:
    """Return a trial by its number: the same one in every run."""
    return make(Random(f"{kind} {index}"), folder)


def outcome(trial: Trial) -> tuple[str, str]:
    """Let memnet read the input; return the outcome, and what was said about it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.disable()
        try:
            value = trial.read()
        except MemnetError as error:
            return _of_sentence(str(error), trial.must), str(error)
        except Exception:
            return TRACEBACK, traceback.format_exc()
        finally:
            logging.disable(logging.NOTSET)
    if trial.must == "be refused" or not trial.right(value):
        return WRONG, f"read as {str(value)[:300]}"
    return READ, ""


def _of_sentence(text: str, must: Must) -> str:
    """Return the outcome of an input that was refused: in one clear line, and rightly so."""
    clear = text.isprintable() and 20 < len(text) <= LONGEST_SENTENCE and "weights_only" not in text
    if not clear:
        return GARBLED
    return STRICT if must == "be read" else REFUSED
