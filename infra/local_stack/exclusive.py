"""One process at a time: a lock that the system takes back when its holder ends, however it ends."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.local_stack.errors import StackBusyError

_POLL_S = 0.1


@contextmanager
def exclusively(path: Path, *, limit_s: float) -> Iterator[None]:
    """Hold the lock file for the block; it is made where missing and stays.

    Raises:
        StackBusyError: another process held it for longer than the limit.
    """
    with path.open("a", encoding="utf-8") as file:
        deadline = time.monotonic() + limit_s
        while not _try_lock(file.fileno()):
            if time.monotonic() > deadline:
                msg = (
                    f"another process has held {path} for more than {limit_s:.0f} s: "
                    "wait for the other `platewatch` command to end, or end it"
                )
                raise StackBusyError(msg)
            time.sleep(_POLL_S)
        yield


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
