# SPDX-License-Identifier: GPL-3.0-or-later
"""Executors that decks run on: worker processes on this machine, a Dask cluster, or any executor of the caller."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import current_process, get_all_start_methods, get_context, get_start_method
from typing import Any, ParamSpec, TypeVar

from memnet.errors import SetupError
from memnet.simulation.workers import Gauge, begin, run_deck, signals_held

Given = ParamSpec("Given")
Value = TypeVar("Value")

ELSEWHERE_AT_ONCE = 64  # tasks submitted at once to an executor whose number of workers is unknown
_CONNECT_S = 5
_SIZE = "workers_at_start"  # attribute of a Dask executor: how many threads its workers had


class WorkerPool(ProcessPoolExecutor):
    """A pool of worker processes that end with the run, however that ends."""

    def submit(self, work: Callable[Given, Value], /, *args: Given.args, **kwargs: Given.kwargs) -> Future[Value]:
        """Submit a call; workers that are started for it inherit that signals are held back."""
        with signals_held():
            return super().submit(work, *args, **kwargs)


@contextmanager
def local_executor(workers: int) -> Iterator[tuple[Executor, Gauge]]:
    """Yield a pool of worker processes and its gauge; after an error, its workers end in the middle of their decks.

    Workers are started in the way that the program has chosen with `multiprocessing.set_start_method`; where it has
    chosen none, by `fork` if the system has it.
    """
    forks = "fork" in get_all_start_methods()
    context = get_context(get_start_method(allow_none=True) or ("fork" if forks else None))
    gauge = Gauge(context)
    pool = WorkerPool(workers, mp_context=context, initializer=begin, initargs=(gauge,))
    try:
        yield pool, gauge
        pool.shutdown()
    except BaseException:
        gauge.end()
        pool.shutdown(wait=False, cancel_futures=True)
        raise


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """An executor, how many tasks to submit to it at once, and its gauge (None if it has none)."""

    executor: Executor
    at_once: int
    gauge: Gauge | None = None

    def submit(self, work: Callable[Given, Value], *args: Given.args, **kwargs: Given.kwargs) -> Future[Value]:
        """Submit a deck."""
        return self.executor.submit(run_deck, os.getpid(), partial(work, *args, **kwargs))


@contextmanager
def open_executor(executor: Executor | None, workers: int) -> Iterator[Pool]:
    """Yield a pool around `executor` or, if that is None, a pool of `workers` new processes.

    A process that may not start others, such as a worker of `multiprocessing.Pool`, runs the decks itself.

    Raises
    ------
    SetupError
        several workers are asked for in such a process
    """
    if executor is not None:
        size = getattr(executor, "_max_workers", None)
        yield Pool(executor=executor, at_once=2 * size if isinstance(size, int) else ELSEWHERE_AT_ONCE)
        return
    if current_process().daemon:
        _refuse_several(workers)
        with ThreadPoolExecutor(1) as thread:
            yield Pool(executor=thread, at_once=1)
        return
    with local_executor(workers) as (pool, gauge):
        yield Pool(executor=pool, at_once=workers + 1, gauge=gauge)


def _refuse_several(workers: int) -> None:
    if workers > 1:
        raise SetupError(
            f"workers = {workers}: this process, such as a worker of multiprocessing.Pool, may start no processes; "
            "give workers=1, or run it in a concurrent.futures.ProcessPoolExecutor"
        )


def workers_of(executor: Executor | None, asked: int | None = None) -> int:
    """Return how many decks are simulated at once.

    Without a number asked for, these are as many as an executor has workers; for None, as many as this process may use
    cores, and one where it may start no other processes.

    Raises
    ------
    SetupError
        several are asked for in a process that may start no others
    """
    if executor is None:
        own = current_process().daemon
        if own and asked is not None:
            _refuse_several(asked)
        return asked or (1 if own else cores())
    if asked is not None:
        return asked
    sizes = (getattr(executor, name, None) for name in ("_max_workers", _SIZE))
    return next((size for size in sizes if isinstance(size, int)), ELSEWHERE_AT_ONCE)


@contextmanager
def executor_at(address: str | None) -> Iterator[Executor | None]:
    """Yield the executor of the Dask cluster at `address`; for None yield None, which selects local processes."""
    if address is None:
        yield None
        return
    with dask_executor(address) as executor:
        yield executor


@contextmanager
def dask_executor(address: str) -> Iterator[Executor]:
    """Connect to a Dask scheduler and yield its executor; tasks of a worker that dies run again on another.

    Raises
    ------
    SetupError
        distributed is not installed, no scheduler answers, it has no workers, or they cannot import memnet
    """
    try:
        import distributed
    except ImportError as error:
        raise SetupError("a Dask cluster needs the extra `cluster`: pip install 'memnet-spice[cluster]'") from error
    client = _connected(distributed, address)
    try:
        _check_workers(client, address)
        executor = client.get_executor(pure=False)
        setattr(executor, _SIZE, max(1, sum(client.nthreads().values())))
        yield executor
    finally:
        client.close()


def _connected(distributed: Any, address: str) -> Any:  # noqa: ANN401  (distributed has no types)
    try:
        distributed.comm.get_address_host_port(address)  # a client takes ten seconds to refuse a malformed one
        return distributed.Client(address, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise SetupError(
            f"{address}: no Dask scheduler answers there ({reason}); start one with `dask scheduler` and give the "
            "address that it prints, such as tcp://host:8786"
        ) from error


def _check_workers(client: Any, address: str) -> None:  # noqa: ANN401  (distributed has no types)
    """Raise if there are no workers, which a run would wait for without end, or if they cannot import memnet."""
    try:
        client.wait_for_workers(1, timeout=_CONNECT_S)
    except TimeoutError as error:
        raise SetupError(
            f"{address}: this Dask scheduler has no workers; start some with `dask worker {address}`"
        ) from error
    try:
        client.run(workers_of, None)  # loading this function imports memnet on every worker
    except ImportError as error:
        raise SetupError(
            f"{address}: its workers cannot import memnet ({error}); install the same memnet where they run"
        ) from error


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
