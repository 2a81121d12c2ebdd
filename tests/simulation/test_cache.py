# SPDX-License-Identifier: GPL-3.0-or-later
"""Results kept by content: what is reused, what is not, and what a killed run leaves behind."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from deployments import deployed, whole
from needed import needs

from memnet.circuit.banks import Memristors
from memnet.errors import OutputError
from memnet.netlist.deck import Deck
from memnet.simulation.engines.base import EngineInfo, Result
from memnet.simulation.engines.cache import cached
from memnet.simulation.engines.registry import find_engine
from memnet.simulation.partitions import partition_circuit
from memnet.simulation.sweep import sweep_images

DECK = Deck(name="one", text="* one\nv1 a 0 1\nr1 a 0 1\n.op\n.end\n", vectors=("v(a)",), points=1)


@dataclass
class Counting:
    """An engine that counts its runs and answers with their number."""

    runs: int = 0
    name: str = "counting"
    dialects: tuple[str, ...] = ("ngspice",)

    @classmethod
    def describe(cls):
        return EngineInfo(name="counting", available=True, version="1", klu=False, path="", note="")

    def run(self, deck, progress=None):
        self.runs += 1
        values = np.full((1, len(deck.vectors)), float(self.runs))
        return Result(axis=np.zeros(1), values=values, engine="counting 1", solver="none", wall_s=1.0, notes=())


def test_the_same_deck_is_simulated_once(tmp_path):
    engine = Counting()
    first = cached(engine, tmp_path).run(DECK)
    again = cached(engine, tmp_path).run(DECK)
    assert engine.runs == 1 and again.wall_s == 0.0 and "found in the cache" in again.notes
    np.testing.assert_array_equal(first.values, again.values)
    assert (again.engine, again.solver) == ("counting 1", "none")


@pytest.mark.parametrize(
    "change",
    [
        {"text": DECK.text.replace("r1 a 0 1", "r1 a 0 2")},
        {"vectors": ("v(a)", "i(v1)")},
        {"points": None},
        {"dialect": "xyce"},
    ],
)
def test_another_deck_is_another_result(tmp_path, change):
    engine = Counting()
    cached(engine, tmp_path).run(DECK)
    cached(engine, tmp_path).run(replace(DECK, **change))
    assert engine.runs == 2


def test_another_version_is_another_result(tmp_path):
    engine = Counting()
    cached(engine, tmp_path).run(DECK)
    replace(cached(engine, tmp_path), version="47").run(DECK)
    assert engine.runs == 2


def test_a_result_keeps_every_digit_and_point(tmp_path):
    table = np.random.default_rng(0).normal(size=(5, 3))
    result = Result(
        axis=table[:, 0], values=table[:, 1:], engine="e \u03b1\n1", solver="s", wall_s=1.0, notes=("a", "b\n")
    )
    engine = Fixed(result)
    deck = replace(DECK, vectors=("v(a)", "i(v1)"), points=None)
    cached(engine, tmp_path).run(deck)
    engine.result = None
    again = cached(engine, tmp_path).run(deck)
    np.testing.assert_array_equal(np.column_stack([again.axis, again.values]), table)
    assert (again.engine, again.solver, again.notes) == (result.engine, "s", ("a", "b\n", "found in the cache"))


@dataclass
class Fixed(Counting):
    """An engine that answers with one result."""

    result: Result | None = None

    def __init__(self, result):
        self.result = result

    def run(self, deck, progress=None):
        return self.result


def kept_twice(folder):
    """Return the files of two decks, whose results are 1 and 2."""
    engine, files = Counting(), []
    for deck in (DECK, replace(DECK, text="* two\n")):
        cached(engine, folder).run(deck)
        (new,) = set(folder.glob("*.result")) - set(files)
        files.append(new)
    return files


def with_values(file, change):
    """Write a file anew, with another line and other values and the digest that belongs to them."""
    _, line, data = file.read_bytes().split(b"\n", 2)
    content = b"\n".join(change(line, data))
    file.write_bytes(hashlib.sha256(content).hexdigest().encode() + b"\n" + content)


def saved(file):
    """Return another file, with arrays as NumPy writes them."""
    path = file.with_suffix(".npz")
    np.savez(path, axis=np.zeros(1), values=np.ones((1, 1)))
    return path


NUMBER = np.array([7.0]).tobytes()
SPOILT = {
    "another deck's": lambda file, other: file.write_bytes(other.read_bytes()),
    "cut": lambda file, other: file.write_bytes(file.read_bytes()[:-3]),
    "empty": lambda file, other: file.write_bytes(b""),
    "text": lambda file, other: file.write_text("moved to another disk"),
    "one bit": lambda file, other: file.write_bytes(file.read_bytes()[:-1] + b"\x01"),
    "npz": lambda file, other: shutil.copy(saved(file), file),
    "huge": lambda file, other: os.truncate(file, 2**43),
    "a folder": lambda file, other: (file.unlink(), file.mkdir()),
    "a pipe": lambda file, other: (file.unlink(), os.mkfifo(file)),
    "a loop": lambda file, other: (file.unlink(), file.symlink_to(file)),
    "no number": lambda file, other: with_values(file, lambda line, _: (line, NUMBER + np.array([np.nan]).tobytes())),
    "more points": lambda file, other: with_values(file, lambda line, data: (line, data + data)),
    "no points": lambda file, other: with_values(file, lambda line, data: (line, b"")),
    "half a row": lambda file, other: with_values(file, lambda line, data: (line, NUMBER)),
    "no JSON": lambda file, other: with_values(file, lambda line, data: (b"[" * 9999, data)),
    "other JSON": lambda file, other: with_values(file, lambda line, data: (b"[1]", data)),
    "no notes": lambda file, other: with_values(file, lambda line, data: (line.replace(b"[]", b"null"), data)),
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_file_that_is_not_the_decks_result_is_named_and_simulated_again(tmp_path, caplog, how):
    file, other = kept_twice(tmp_path)
    SPOILT[how](file, other)
    engine = Counting(runs=9)
    assert cached(engine, tmp_path).run(DECK).values[0, 0] == 10.0
    (said,) = (record.getMessage() for record in caplog.records)
    assert said.startswith(f"memnet: {file}: not used (") and said.endswith("; one is simulated again")
    caplog.clear()
    if how != "a folder":  # all others are replaced by the new result
        assert cached(engine, tmp_path).run(DECK).values[0, 0] == 10.0 and not caplog.records


def test_files_of_the_user_stay_in_a_full_folder(tmp_path):
    (tmp_path / "weights.npz").write_bytes(bytes(5000))
    (tmp_path / f"{0:064x}.npz").write_bytes(bytes(5000))  # a result in format 1
    cached(Counting(), tmp_path, limit_bytes=3000).run(DECK)
    assert {file.suffix for file in tmp_path.iterdir()} == {".npz", ".result"} and len(list(tmp_path.iterdir())) == 2


def test_the_folder_stays_below_its_limit(tmp_path):
    engine = cached(Counting(), tmp_path, limit_bytes=1000)
    for at in range(9):
        engine.run(replace(DECK, text=f"* {at}\n"))
    assert sum(file.stat().st_size for file in tmp_path.glob("*.result")) <= 1000
    assert engine.run(replace(DECK, text="* 8\n")).values[0, 0] == 9.0  # the newest is still there


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot keep results there"):
        cached(Counting(), tmp_path / "file" / "inside")


def test_a_changed_chip_runs_only_what_depends_on_the_change(tmp_path):
    made = deployed(whole("PDARTS", channels=1), images=2)
    circuit, images_v = made.circuit, made.images.reshape(2, -1) * made.circuit.input_scale_v
    engine = cached(find_engine(None), tmp_path)
    first = sweep_images(circuit, images_v, engine)
    files = set(tmp_path.iterdir())
    again = sweep_images(circuit, images_v, engine)
    assert again.engine_s == 0.0 and set(tmp_path.iterdir()) == files
    np.testing.assert_array_equal(first.volts[circuit.output], again.volts[circuit.output])
    *others, last = circuit.blocks
    banks = tuple(replace(b, siemens=b.siemens * 1.01) if isinstance(b, Memristors) else b for b in last.banks)
    sweep_images(replace(circuit, blocks=(*others, replace(last, banks=banks))), images_v, engine)
    assert len(set(tmp_path.iterdir()) - files) == 1


RUN = """
import sys, time
from dataclasses import dataclass
from pathlib import Path
import numpy as np
from deployments import deployed, whole
from memnet.simulation import sweep_images
from memnet.simulation.engines import cached, find_engine
from memnet.simulation.engines.ngspice import NgspiceEngine

@dataclass(frozen=True)
class Slow:
    name = "slow"
    dialects = ("ngspice",)
    describe = NgspiceEngine.describe
    def run(self, deck, progress=None):
        time.sleep(0.15)
        return find_engine("ngspice").run(deck, progress)

if __name__ == "__main__":
    made = deployed(whole("PDARTS", channels=1), images=2)
    images_v = made.images.reshape(2, -1) * made.circuit.input_scale_v
    result = sweep_images(made.circuit, images_v, cached(Slow(), Path(sys.argv[1])))
    np.save(sys.argv[2], result.volts[made.circuit.output])
"""


def test_a_killed_run_loses_only_the_decks_in_flight(tmp_path):
    needs("ngspice")
    folder, script, out = tmp_path / "kept", tmp_path / "run.py", tmp_path / "out.npy"
    script.write_text(RUN)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])}
    command = [sys.executable, str(script), str(folder), str(out)]
    running = subprocess.Popen(command, env=environment, start_new_session=True)
    wait_until(lambda: len(list(folder.glob("*.result"))) >= 3, running)
    os.killpg(running.pid, signal.SIGKILL)  # the run and its worker, in the middle
    running.wait()
    kept = {file: file.stat().st_mtime_ns for file in folder.glob("*.result")}
    assert kept and not out.exists()
    subprocess.run(command, env=environment, check=True)
    made = deployed(whole("PDARTS", channels=1), images=2)
    decks = len(partition_circuit(made.circuit))
    finished = set(folder.glob("*.result"))
    assert set(kept) < finished and len(finished) <= decks
    images_v = made.images.reshape(2, -1) * made.circuit.input_scale_v
    clean = sweep_images(made.circuit, images_v, find_engine("ngspice"))
    np.testing.assert_array_equal(np.load(out), clean.volts[made.circuit.output])


def wait_until(condition, process):
    for _ in range(600):
        if condition():
            return
        assert process.poll() is None, "the run ended before it could be killed"
        time.sleep(0.1)
    raise AssertionError("no result was kept within a minute")


def test_a_link_in_the_folder_leads_to_no_file_outside(tmp_path):
    engine, outside = Counting(), tmp_path / "outside"
    outside.write_text("mine")
    kept = cached(engine, tmp_path / "kept")
    kept.run(DECK)
    (file,) = kept.folder.iterdir()
    for target in (outside, file.with_name("nowhere"), file):
        file.unlink()
        file.symlink_to(target)
        kept.run(DECK)
        assert outside.read_text() == "mine" and not file.is_symlink()
        assert list(kept.folder.iterdir()) == [file]
