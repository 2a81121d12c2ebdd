# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the decks of partitions on any executor, each as soon as the partitions that it reads from are done."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Generic, TypeVar

from memnet.errors import SimulationError
from memnet.simulation.executors import Pool
from memnet.simulation.partitions import Partition, longest_first, needed

Value = TypeVar("Value")  # what a worker returns for one deck
Key = tuple[str, int]  # name of the partition, number of the batch
LOG = logging.getLogger("memnet")
_WATCH_S = 0.5  # between two readings of the gauge


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(Generic[Value]):
    """The deck of one partition for one batch of images, and the partitions whose voltages it needs."""

    partition: Partition
    batch: int
    needs: tuple[str, ...]  # names of partitions of the same batch

    @property
    def key(self) -> Key:
        """Return the name of the partition and the number of the batch, which identify the task."""
        return self.partition.name, self.batch


def all_tasks(
    partitions: Sequence[Partition], batches: int, seconds: Mapping[str, float], together: int
) -> list[Task[Value]]:
    """Return the tasks of all batches in the order in which they are to be started.

    `together` batches run side by side, partition by partition: each worker then has a batch of its own, and none waits
    while another finishes a chain of partitions. Further batches follow after these, so that memory holds the voltages
    of few batches at a time.

    Parameters
    ----------
    batches : how many there are
    seconds : predicted seconds of each partition, by name
    together : how many batches run side by side
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
    submit: Callable[[Pool, Task[Value]], Future[Value]],
    done: Callable[[Task[Value], Value], None],
    pool: Pool,
    watch: Callable[[float], None] | None = None,
) -> None:
    """Run each task as soon as the tasks that it needs are done; after a failure cancel the rest and raise.

    Tasks are submitted in the order given, few at a time, so that few voltages wait in memory for the tasks that read
    them.

    Parameters
    ----------
    submit : submits a task to the pool
    done : receives each task and its result
    watch : called with the fraction done of a running deck, if the pool has a gauge

    Raises
    ------
    SimulationError
        a deck failed (the error names it), a worker process died, or lacked memory, space or rights
    """
    queue = Queue(tasks)
    running: dict[Future[Value], Task[Value]] = {}
    try:
        while queue.unfinished:
            for task in queue.take(pool.at_once - len(running)):
                running[submit(pool, task)] = task
            finished = wait(running, timeout=_WATCH_S, return_when=FIRST_COMPLETED).done
            for future in finished:
                value = _value(future, running[future])
                task = running.pop(future)
                LOG.info("net/%s: solved, %d more", task.partition.name, queue.unfinished - 1)
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
    """Tasks that wait for other tasks, and tasks that are ready, in the order given."""

    def __init__(self, tasks: Sequence[Task[Value]]) -> None:
        """Take all tasks, in the order in which they are to be started."""
        self.order = {task.key: position for position, task in enumerate(tasks)}
        self.missing: dict[Key, int] = {task.key: len(task.needs) for task in tasks}  # needed tasks that are not done
        self.waiting: dict[Key, list[Task[Value]]] = {}  # by task, those that need it
        for task in tasks:
            for need in task.needs:
                self.waiting.setdefault((need, task.batch), []).append(task)
        self.ready = [task for task in tasks if not task.needs]
        self.unfinished = len(tasks)

    def take(self, count: int) -> list[Task[Value]]:
        """Remove and return at most `count` tasks that are ready."""
        taken, self.ready = self.ready[: max(count, 0)], self.ready[max(count, 0) :]
        return taken

    def finish(self, task: Task[Value]) -> None:
        """Count a task as done; tasks that waited for it alone become ready."""
        self.unfinished -= 1
        for reader in self.waiting.pop(task.key, ()):
            self.missing[reader.key] -= 1
            if not self.missing[reader.key]:
                self.ready.append(reader)
        self.ready.sort(key=lambda ready: self.order[ready.key])


def _value(future: Future[Value], task: Task[Value]) -> Value:
    """Return the result of a task; what the system has refused its worker is raised as a SimulationError."""
    try:
        return future.result()
    except MemoryError as error:
        raise SimulationError(
            f"net/{task.partition.name}: its worker ran out of memory; run again with fewer images at a time (--batch) "
            "or fewer workers (--workers)"
        ) from error
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        reason = f"{where}{error.strerror or error}"
        raise SimulationError(
            f"net/{task.partition.name}: the system refused its worker something ({reason})"
        ) from error


def _killed(tasks: Iterable[Task[Value]]) -> SimulationError:
    """Return the error for a worker process that died while it had one of these tasks."""
    names = ", ".join(sorted({task.partition.name for task in tasks}))
    return SimulationError(
        f"net/{names}: a worker process was killed while simulating (out of memory?); run again with fewer images at "
        "a time (--batch) or fewer workers (--workers), and with --cache to keep what is finished"
    )
