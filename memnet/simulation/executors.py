"""Where decks run: worker processes here, a Dask cluster, or any executor; knows nothing of what it runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_all_start_methods, get_context

from memnet.errors import SetupError

ELSEWHERE_AT_ONCE = 64  # tasks handed to an executor whose size is not known
_CONNECT_S = 10


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


@contextmanager
def open_executor(executor: Executor | None, workers: int) -> Iterator[tuple[Executor, int]]:
    """Yield an executor and how many tasks to hand it at once: the given one, or `workers` processes of its own."""
    if executor is not None:
        size = getattr(executor, "_max_workers", None)
        yield executor, 2 * size if isinstance(size, int) else ELSEWHERE_AT_ONCE
        return
    with local_executor(workers) as pool:
        yield pool, workers + 1


@contextmanager
def dask_executor(address: str) -> Iterator[Executor]:
    """Connect to a Dask scheduler and yield its executor; tasks of a worker that dies run again on another.

    Raises
    ------
    SetupError
        distributed is not installed, or no scheduler answers
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise SetupError("--dask needs the extra `cluster`: pip install 'memnet-spice[cluster]'") from error
    try:
        client = Client(address, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise SetupError(f"--dask {address}: no Dask scheduler answers there ({error}); start one with `dask scheduler`") from error
    try:
        yield client.get_executor(pure=False)
    finally:
        client.close()


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
