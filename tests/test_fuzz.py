# SPDX-License-Identifier: GPL-3.0-or-later
"""Inputs made at random are read right or refused in one sentence; and the fuzz run notices where they are not."""

from __future__ import annotations

import os
import time
from pathlib import Path

import fuzz
import pytest
from fuzzing.kinds import KINDS
from fuzzing.trial import (
    CRASH,
    FAULTS,
    FINE,
    GARBLED,
    HANG,
    READ,
    REFUSED,
    STRICT,
    TRACEBACK,
    WRONG,
    Trial,
    outcome,
    trial_of,
)

from memnet.errors import GenotypeError, MemnetError

LONG = 10_000  # inputs in all
SHORT = dict.fromkeys(("weights", "checkpoints", "tables", "data"), 10)  # of each kind; others are quicker


@pytest.mark.parametrize("kind", KINDS)
def test_inputs_made_at_random_are_read_right_or_refused_in_a_sentence(kind, tmp_path):
    for index in range(SHORT.get(kind, 25)):
        folder = tmp_path / str(index)
        folder.mkdir()
        trial = trial_of(kind, KINDS[kind], index, folder)
        result, said = outcome(trial)
        assert result in FINE, f"{kind} {index} ({trial.about}): {result}: {said}"


@pytest.mark.long
def test_ten_thousand_inputs():
    cases = [(kind, index) for index in range(LONG // len(KINDS)) for kind in KINDS]
    assert [told for told in fuzz.run(cases, 60.0) if told[2] in FAULTS] == []


def raises(error: Exception):
    def read():
        raise error

    return read


CLEAR = GenotypeError("arch.txt: line 1: a sentence that says what is wrong")


@pytest.mark.parametrize(
    ("read", "must", "expected"),
    [
        (lambda: 1, "be read", READ),
        (lambda: 1, "either", READ),
        (lambda: 2, "either", WRONG),
        (lambda: 1, "be refused", WRONG),
        (raises(CLEAR), "be refused", REFUSED),
        (raises(CLEAR), "be read", STRICT),
        (raises(MemnetError("two\nlines, which are not one sentence")), "either", GARBLED),
        (raises(MemnetError("\x1b[31mcolours in the middle of a text")), "either", GARBLED),
        (raises(KeyError("a")), "be refused", TRACEBACK),
    ],
)
def test_each_outcome_is_told_from_the_others(read, must, expected):
    trial = Trial(about="", read=read, right=lambda value: value == 1, must=must)
    assert outcome(trial)[0] == expected


def test_a_hang_and_a_crash_are_counted_and_the_rest_runs_on(monkeypatch):
    reads = [lambda: 1, lambda: time.sleep(60), lambda: 1, lambda: os.kill(os.getpid(), 9), lambda: 1]

    def make(random, folder: Path) -> Trial:
        index = next(index for index in range(5) if random.getstate() == fuzz_random(index).getstate())
        return Trial(about="", read=reads[index], right=lambda value: True, must="be read")

    def fuzz_random(index: int):
        from fuzzing.trial import Random

        return Random(f"made {index}")

    monkeypatch.setitem(KINDS, "made", make)
    told = [result for _, _, result, _ in fuzz.run([("made", index) for index in range(5)], 0.5)]
    assert told == [READ, HANG, READ, CRASH, READ]


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path, monkeypatch, capsys):
    log = tmp_path / "log.csv"
    for count in (3, 5):
        monkeypatch.setattr("sys.argv", ["fuzz.py", "--only", "genotypes", "--count", str(count), "--log", str(log)])
        assert fuzz.main() == 0
        assert len(log.read_text().splitlines()) == count
    assert capsys.readouterr().out.splitlines()[-1].split("\t")[:2] == ["all", "5"]
