"""Cuts a circuit into decks and runs them in topological order on any executor; knows no simulator's ways."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_all_start_methods, get_context
from typing import Generic, TypeVar

from memnet.circuit.banks import Block, Circuit
from memnet.errors import SimulationError
from memnet.netlist.flat import external_groups


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The blocks of one deck, what they read and what others need of them."""

    name: str
    blocks: tuple[Block, ...]
    reads: tuple[str, ...]  # net groups driven by other parts, or the input
    drives: tuple[str, ...]  # net groups of its outputs

    def memristors(self) -> int:
        """Count memristors."""
        return sum(block.memristors() for block in self.blocks)


def partition(circuit: Circuit, *, flat: bool = False) -> tuple[Part, ...]:
    """Cut a circuit at the op-amp outputs between its partitions; with `flat`, not at all.

    The cut is exact because every op-amp output is an ideal source.
    """
    groups: dict[str, list[Block]] = {}
    for block in circuit.blocks:
        groups.setdefault("net" if flat else block.partition, []).append(block)
    return tuple(_part(name, blocks) for name, blocks in groups.items())


def _part(name: str, blocks: Sequence[Block]) -> Part:
    drives = tuple(group for block in blocks for group in block.outputs)
    return Part(name=name, blocks=tuple(blocks), reads=tuple(external_groups(blocks)), drives=drives)


def excerpt(circuit: Circuit, part: Part) -> Circuit:
    """Return the circuit with one part alone, small enough to send to a worker."""
    wanted = {"bias", *part.reads, *part.drives, *(name for block in part.blocks for name in block.internal)}
    groups = {name: group for name, group in circuit.groups.items() if name in wanted}
    return replace(circuit, blocks=part.blocks, groups=groups)


Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(Generic[Value]):
    """One deck for one batch of images: a picklable call, and the parts whose outcome it needs."""

    part: Part
    batch: int
    needs: tuple[str, ...]  # names of parts of the same batch


def run_tasks(
    tasks: Sequence[Task[Value]],
    submit: Callable[[Executor, Task[Value]], Future[Value]],
    done: Callable[[Task[Value], Value], None],
    executor: Executor,
) -> None:
    """Run tasks as soon as what they need is done; on a failure cancel the rest and raise it.

    Raises
    ------
    SimulationError
        a deck failed (the error names it), or a worker process died
    """
    waiting = list(tasks)
    finished: set[tuple[str, int]] = set()
    running: dict[Future[Value], Task[Value]] = {}
    try:
        while waiting or running:
            ready = [task for task in waiting if all((need, task.batch) in finished for need in task.needs)]
            waiting = [task for task in waiting if task not in ready]
            for task in ready:
                running[submit(executor, task)] = task
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                task = running.pop(future)
                done(task, future.result())
                finished.add((task.part.name, task.batch))
    except BrokenProcessPool as error:
        names = ", ".join(sorted({task.part.name for task in running.values()}))
        raise SimulationError(
            f"net/{names}: a worker process was killed while simulating (out of memory?); "
            "run again with fewer images at a time (--batch) or fewer workers (--workers)"
        ) from error
    finally:
        for future in running:
            future.cancel()


@contextmanager
def local_executor(workers: int) -> Iterator[Executor]:
    """Open a pool of worker processes; on a failure its processes are not waited for."""
    method = "fork" if "fork" in get_all_start_methods() else None
    pool = ProcessPoolExecutor(workers, mp_context=get_context(method))
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


def needs_of(part: Part, parts: Sequence[Part]) -> tuple[str, ...]:
    """Return the names of the parts that drive what `part` reads."""
    drivers: Mapping[str, str] = {group: other.name for other in parts for group in other.drives}
    return tuple(dict.fromkeys(drivers[group] for group in part.reads if group in drivers))
