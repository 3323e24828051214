"""Executors for units of work: this process, worker processes, or a dask cluster."""

from __future__ import annotations

import _thread
import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError, Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from multiprocessing import forkserver
from multiprocessing.context import BaseContext
from pathlib import Path

from djtrans.core.errors import DjtransError, InputError
from djtrans.registry import Registry, default_registry

#: On Linux workers are forked from a server that has imported these modules once for all of them.
_METHOD = "forkserver" if sys.platform == "linux" else "spawn"
_PRELOADED = ("scipy.linalg", "scipy.signal", "djtrans.pipeline.generation")
#: Time that the interrupted work of an orphaned worker has to remove its temporary files.
_GRACE_SECONDS = 2.0
#: Timeout for the connection to a scheduler.
_ANSWER_SECONDS = 10
#: Number of retries of a unit that raised an error on a cluster.
_RETRIES = 2

_inside, _lock, _before = [0], threading.Lock(), [0]
#: Holds the contexts that last as long as a worker: without a reference they would be closed.
_worker = ExitStack()


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute in one thread inside the block, so that sums are the same on every machine.

    The split of a sum among threads affects its last digits. Blocks may be nested, and be entered
    in several threads at once.
    """
    import scipy.linalg  # noqa: F401 - threadpoolctl limits only a BLAS that is loaded
    import torch
    from threadpoolctl import threadpool_limits

    with _lock:
        if _inside[0] == 0:
            _before[0] = torch.get_num_threads()
        _inside[0] += 1
    try:
        with threadpool_limits(1):
            torch.set_num_threads(1)
            yield
    finally:
        with _lock:
            _inside[0] -= 1
            if _inside[0] == 0:
                torch.set_num_threads(_before[0])


def registry_with(plugin_files: Sequence[str]) -> Registry:
    """Return the registry of this process, with the plugins of these files loaded once."""
    registry = default_registry()
    for path in plugin_files:
        if Path(path).stem not in registry.namespaces:
            registry.register_file(path)
    return registry


def import_early(workers: int) -> None:
    """Start to import what several workers need, while this process does something else.

    Call it before slow imports. It does nothing where workers are not forked from a server.

    Parameters
    ----------
    workers : int
        Number of workers that are to be started later; nothing is done for fewer than 2.
    """
    if workers > 1:
        _context()


def _context() -> BaseContext:
    """Return the context of worker processes, its server started."""
    # Not "fork": children of a process that has used torch's threads may hang. The server has one
    # thread.
    context = multiprocessing.get_context(_METHOD)
    if _METHOD == "forkserver":
        context.set_forkserver_preload(list(_PRELOADED))
        forkserver.ensure_running()
    return context


@contextmanager
def processes(workers: int, plugin_files: Sequence[str] = ()) -> Iterator[Executor]:
    """Start worker processes of one thread each; they end when this process does.

    Parameters
    ----------
    workers : int
        Number of processes, at least 1.
    plugin_files : sequence of path
        Plugins to load in each.

    Raises
    ------
    InputError
        If `workers` is less than 1.
    DjtransError
        From the block, if a worker was killed.
    """
    if workers < 1:
        raise InputError(f"workers = {workers} is not allowed; give 1 or more.")
    # The server of the workers may have started under another environment.
    arguments = (tuple(plugin_files), dict(os.environ))
    pool = ProcessPoolExecutor(workers, _context(), initializer=_begin, initargs=arguments)
    try:
        yield pool
    except BrokenProcessPool:
        raise DjtransError(
            "A worker was killed, usually because memory ran out. Finished results are kept; run "
            "again with fewer workers."
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def open_executor(
    workers: int, executor: Executor | None = None, plugin_files: Sequence[str] = ()
) -> Iterator[Executor | None]:
    """Give the executor of a job: the one that was passed, new processes, or None for one worker.

    Parameters
    ----------
    workers : int
        Processes; 1 leaves the work to this process.
    executor : Executor, optional
        Used instead, and left open.
    plugin_files : sequence of path
        Plugins that new processes load too.

    Raises
    ------
    InputError
        If `workers` is less than 1.
    DjtransError
        From the block, if a process was killed.
    """
    if executor is not None or workers == 1:
        yield executor
        return
    with processes(workers, plugin_files) as pool:
        yield pool


def _begin(plugin_files: tuple[str, ...], environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    _worker.enter_context(one_thread())
    # Without this a worker would wait for its next job for ever if the parent was killed.
    threading.Thread(target=_end_with_parent, daemon=True).start()
    registry_with(plugin_files)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        # First an interrupt, so that temporary files are removed.
        _thread.interrupt_main()
        time.sleep(_GRACE_SECONDS)
        os._exit(1)


@contextmanager
def dask_cluster(address: str) -> Iterator[Executor]:
    """Connect to the workers of an existing dask.distributed cluster.

    A unit whose worker is lost runs again on another. djtrans has to be installed on each worker,
    and the folders have to exist there under the same paths.

    Parameters
    ----------
    address : str
        Address of the scheduler, such as ``"tcp://host:8786"``.

    Raises
    ------
    InputError
        If dask is not installed, or the scheduler does not answer.
    DjtransError
        From the block, if the cluster fails.
    """
    try:
        from distributed import Client
        from distributed.scheduler import KilledWorker
    except ImportError:
        raise InputError(
            "dask is not installed; install it with: pip install 'djtrans[dask]'"
        ) from None
    try:
        client = Client(address, timeout=_ANSWER_SECONDS, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        message = " ".join(str(error).split()).rstrip(".")
        raise InputError(
            f"The scheduler {address} does not answer ({message}); give the address that "
            "'dask scheduler' shows, such as tcp://localhost:8786."
        ) from None
    with client:
        try:
            yield client.get_executor(pure=False, retries=_RETRIES)
        except KilledWorker as error:
            raise DjtransError(
                f"Workers of the cluster died repeatedly at one unit ({error}), usually because "
                "memory ran out. Finished results are kept; run again with more memory per worker."
            ) from None
        except CancelledError:
            raise DjtransError(
                f"The connection to the scheduler {address} was lost. Finished results are kept; "
                "run again."
            ) from None
        except ModuleNotFoundError as error:
            raise InputError(
                f"A worker of the cluster lacks a module ({error}); install the same djtrans and "
                "plugins on each."
            ) from None
