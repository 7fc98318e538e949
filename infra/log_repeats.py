"""Keeps a library that says the same thing ten times a second from drowning what else is said."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence


class QuietRepeats(logging.Filter):
    """Lets a message of the libraries through once in a while, however often it is logged.

    Messages count as the same by their template, not by what is filled in. The first one after a silence carries how
    many were left out.
    """

    def __init__(self, every_s: float, libraries: Sequence[str], now_s: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._every_s = every_s
        self._libraries = tuple(libraries)
        self._now_s = now_s
        self._last: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """False for a repeat."""
        if not record.name.startswith(self._libraries):
            return True
        key = (record.name, str(record.msg))
        now_s = self._now_s()
        said_s, left_out = self._last.get(key, (float("-inf"), 0))
        if now_s - said_s < self._every_s:
            self._last[key] = (said_s, left_out + 1)
            return False
        self._last[key] = (now_s, 0)
        if left_out:
            record.msg = f"{record.msg} (and {left_out} times more)"
        return True
