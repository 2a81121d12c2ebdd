"""Runs the decks of partitions in topological order on any executor; knows no circuit and no simulator's ways."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Generic, TypeVar

from memnet.errors import SimulationError
from memnet.simulation.executors import Pool
from memnet.simulation.partitions import Partition, longest_first, needed

Value = TypeVar("Value")
Key = tuple[str, int]
_WATCH_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(Generic[Value]):
    """One deck for one batch of images, and the partitions whose outcome it needs."""

    partition: Partition
    batch: int
    needs: tuple[str, ...]  # names of partitions of the same batch

    @property
    def key(self) -> Key:
        """Return what tells this task from all others."""
        return self.partition.name, self.batch


def all_tasks(
    partitions: Sequence[Partition], batches: int, seconds: Mapping[str, float], together: int
) -> list[Task[Value]]:
    """Return the tasks of every batch in the order in which they had best be started.

    `together` batches at a time go side by side, partition by partition: each worker then has a batch of its own, and
    none waits while another finishes a chain of partitions. Inputs of later batches are not held in memory before.
    `seconds` says what each partition is predicted to take.
    """
    needs, ordered = needed(partitions), longest_first(partitions, seconds)
    return [
        Task(partition=partition, batch=batch, needs=needs[partition.name])
        for first in range(0, batches, together)
        for partition in ordered
        for batch in range(first, min(first + together, batches))
    ]


def run_tasks(
    tasks: Sequence[Task[Value]],
    submit: Callable[[Executor, Task[Value]], Future[Value]],
    done: Callable[[Task[Value], Value], None],
    pool: Pool,
    watch: Callable[[float], None] | None = None,
) -> None:
    """Run tasks as soon as what they need is done; on a failure cancel the rest and raise it.

    Few tasks are out at a time, in the order given, so that what waits for them stays small. `watch` is told how much
    of a running deck is done, where the pool can tell.

    Raises
    ------
    SimulationError
        a deck failed (the error names it), or a worker process died
    """
    queue = Queue(tasks)
    running: dict[Future[Value], Task[Value]] = {}
    try:
        while queue.unfinished:
            for task in queue.take(pool.at_once - len(running)):
                running[submit(pool.executor, task)] = task
            finished = wait(running, timeout=_WATCH_S, return_when=FIRST_COMPLETED).done
            for future in finished:
                value = future.result()
                task = running.pop(future)
                done(task, value)
                queue.finish(task)
            if watch is not None and pool.gauge is not None and not finished:
                watch(pool.gauge.read())
    except (BrokenProcessPool, CancelledError) as error:
        raise _killed(running.values()) from error
    except Exception as error:
        if type(error).__name__ == "KilledWorker":  # Dask's, which need not be installed
            raise _killed(running.values()) from error
        raise
    finally:
        for future in running:
            future.cancel()


class Queue(Generic[Value]):
    """Tasks that wait for others, and those that are ready, in their order."""

    def __init__(self, tasks: Sequence[Task[Value]]) -> None:
        """Take all tasks, those first that are to be started first."""
        self.order = {task.key: at for at, task in enumerate(tasks)}
        self.missing: dict[Key, int] = {task.key: len(task.needs) for task in tasks}
        self.waiting: dict[Key, list[Task[Value]]] = {}
        for task in tasks:
            for need in task.needs:
                self.waiting.setdefault((need, task.batch), []).append(task)
        self.ready = [task for task in tasks if not task.needs]
        self.unfinished = len(tasks)

    def take(self, count: int) -> list[Task[Value]]:
        """Return at most that many tasks that are ready."""
        taken, self.ready = self.ready[: max(count, 0)], self.ready[max(count, 0) :]
        return taken

    def finish(self, task: Task[Value]) -> None:
        """Make those ready that waited for this task alone."""
        self.unfinished -= 1
        for reader in self.waiting.pop(task.key, ()):
            self.missing[reader.key] -= 1
            if not self.missing[reader.key]:
                self.ready.append(reader)
        self.ready.sort(key=lambda ready: self.order[ready.key])


def _killed(tasks: Iterable[Task[Value]]) -> SimulationError:
    names = ", ".join(sorted({task.partition.name for task in tasks}))
    return SimulationError(
        f"net/{names}: a worker process was killed while simulating (out of memory?); run again with fewer images at "
        "a time (--batch) or fewer workers (--workers), and with --cache to keep what is finished"
    )
