"""When to try again after a failure: exponential back-off with full jitter and a cap. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

_LARGEST_EXPONENT = 62


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits before the next try: anything between nothing and `first_s` doubled at each failure, at most `longest_s`.

    Full jitter: a hundred cameras that lost one switch do not come back in step. Source: Brooker, "Exponential Backoff
    and Jitter", AWS Architecture Blog, 2015.
    """

    first_s: float = 0.5
    longest_s: float = 30.0

    def __post_init__(self) -> None:
        if not 0 < self.first_s <= self.longest_s:
            msg = f"first_s must lie above 0 and at or below longest_s, not {self.first_s} and {self.longest_s}"
            raise ValueError(msg)

    def wait_s(self, failures: int, random: Callable[[], float]) -> float:
        """Seconds to wait after `failures` failures in a row (1 or more); `random` gives a number in [0, 1)."""
        return random() * self.longest_wait_s(failures)

    def longest_wait_s(self, failures: int) -> float:
        """The upper end of `wait_s`."""
        return min(self.longest_s, self.first_s * 2.0 ** min(max(failures - 1, 0), _LARGEST_EXPONENT))
