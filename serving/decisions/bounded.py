"""Waiting no longer than so long, also for what does not let itself be cancelled."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")

# Those that are still being cancelled; a task that nobody holds may vanish.
_left_behind: set["asyncio.Task[Any]"] = set()


async def within(seconds: float, work: Coroutine[Any, Any, Result]) -> Result:
    """
    The result of some work.

    `asyncio.timeout` waits until the work has cleaned up, which a connection to a server that has
    stopped does not do.

    :raises TimeoutError: it took longer; it is cancelled and left behind.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task}, timeout=max(0.0, seconds))
    finally:
        if not task.done():
            task.cancel()
            _left_behind.add(task)
            task.add_done_callback(_forget)
    if not task.done():
        raise TimeoutError(f"not done within {seconds:g} s")
    return task.result()


def _forget(task: "asyncio.Task[Any]") -> None:
    _left_behind.discard(task)
    if not task.cancelled():
        # Otherwise it is logged as an error that nobody has seen.
        task.exception()
