"""Keeps LiteRT's word on its delegate off the terminal: people should see our own sentences alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

_STDERR = 2


@contextmanager
def native_silence() -> Iterator[None]:
    """What native code writes to standard error is thrown away meanwhile; LiteRT has no switch for it.

    For commands of one thread, and for as short as models take to load: what other threads write is lost, too.
    """
    try:
        kept = os.dup(_STDERR)
    except OSError:  # started without standard error, so there is nothing to keep quiet
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, _STDERR)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(kept, _STDERR)
        os.close(kept)
