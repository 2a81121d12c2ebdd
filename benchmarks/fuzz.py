# SPDX-License-Identifier: GPL-3.0-or-later
"""Gives memnet thousands of inputs made at random from a seed, and counts what it makes of them.

An input that is right has to be read right, a wrong one refused in one sentence; a damaged one may be either, so long
as what is read is what it says. Anything else is a fault: a traceback, a hang (over --limit seconds), a crash, much
memory, an unclear sentence, a silent wrong answer, or a right input that is refused. Faults are listed with the number
of their input, which --only KIND --first NUMBER --count 1 runs again; the exit status is 1 if there are any.

With --log FILE each outcome is appended to that file, and a run that was stopped goes on where it was.

Run: python benchmarks/fuzz.py [--count 10000] [--only genotypes weights ...] [--log out/fuzz.csv]
"""

from __future__ import annotations

import argparse
import csv
import multiprocessing
import resource
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

from fuzzing.kinds import KINDS
from fuzzing.trial import CRASH, FAULTS, FINE, HANG, MEMORY, outcome, trial_of

Case = tuple[str, int]  # kind, and number of the input among those of the kind
Told = tuple[Case, str, str, str]  # case, what was done to it, outcome, what was said
MOST_BYTES = 400 * 2**20  # by which one input may let the process grow


def main() -> int:
    """Run the inputs and print the counts; return 1 if there was a fault."""
    arguments = _arguments()
    done = _read_log(arguments.log)
    each = -(-arguments.count // len(arguments.only))
    cases = [(kind, index) for index in range(arguments.first, arguments.first + each) for kind in arguments.only]
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for (kind, _), result in done.items():
        counts[kind][result] += 1
    for (kind, index), about, result, said in run([case for case in cases if case not in done], arguments.limit):
        counts[kind][result] += 1
        if arguments.log:
            _append(arguments.log, (kind, index, about, result))
        if result in FAULTS:
            print(f"{kind} {index} ({about}): {result}\n    {said.strip()}", flush=True)
    _print_counts(counts)
    return int(any(result in FAULTS for counter in counts.values() for result in counter))


def run(cases: list[Case], limit_s: float) -> Iterator[Told]:
    """Yield the outcome of each case; they run in another process, which is replaced where one hangs or crashes."""
    waiting = cases[::-1]
    while waiting:
        here, there = multiprocessing.Pipe()
        worker = multiprocessing.Process(target=_work, args=(here, there, waiting[::-1]), daemon=True)
        worker.start()
        there.close()
        try:
            while waiting:
                if not here.poll(limit_s):
                    yield waiting.pop(), "", HANG, f"over {limit_s} s"
                    break
                told = here.recv()
                waiting.pop()
                yield told
        except EOFError:  # the process is gone
            yield waiting.pop(), "", CRASH, "the process ended"
        finally:
            worker.kill()
            worker.join()


def _work(readers: Connection, pipe: Connection, cases: list[Case]) -> None:
    """Run cases one after the other and tell the outcomes; end when nobody reads them any more."""
    readers.close()  # the copy that this process has, which would keep the pipe open
    for kind, index in cases:
        with tempfile.TemporaryDirectory(prefix="memnet-fuzz-") as folder:
            trial = trial_of(kind, KINDS[kind], index, Path(folder))
            before = _most_bytes()
            result, said = outcome(trial)
        grown = _most_bytes() - before
        if grown > MOST_BYTES:
            result, said = MEMORY, f"grew by {grown / 2**20:.0f} MiB"
        pipe.send(((kind, index), trial.about, result, said))


def _most_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _read_log(log: Path | None) -> dict[Case, str]:
    if log is None or not log.exists():
        return {}
    with log.open(newline="", encoding="utf-8") as stream:
        return {(row[0], int(row[1])): row[3] for row in csv.reader(stream) if len(row) == 4}


def _append(log: Path, row: tuple[str, int, str, str]) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerow(row)


def _print_counts(counts: dict[str, Counter[str]]) -> None:
    columns = [*FINE, *(fault for fault in FAULTS if any(counter[fault] for counter in counts.values()))]
    print("\t".join(("kind", "inputs", *columns)))
    total: Counter[str] = Counter()
    for kind, counter in counts.items():
        print("\t".join(map(str, (kind, counter.total(), *(counter[column] for column in columns)))))
        total += counter
    print("\t".join(map(str, ("all", total.total(), *(total[column] for column in columns)))))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000, help="inputs in all")
    parser.add_argument("--only", nargs="+", choices=tuple(KINDS), default=tuple(KINDS), help="kinds of inputs")
    parser.add_argument("--first", type=int, default=0, help="number of the first input of each kind")
    parser.add_argument("--limit", type=float, default=20.0, help="seconds an input may take")
    parser.add_argument("--log", type=Path, help="file that outcomes are appended to")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
