"""When an endpoint that fails is left alone, and when it is asked again. Pure."""

from __future__ import annotations

from dataclasses import dataclass

_LONGEST_REST = 8
"""Rests double while the endpoint stays away, up to so many times the first."""


@dataclass(slots=True)
class CircuitBreaker:
    """Closed while the endpoint answers; open after so many failed tries in a row; then one try at a time asks.

    The pattern is M. Nygard's, Release It!, 2007. Times are seconds of one clock that is handed in.
    """

    failures_to_open: int
    rest_s: float
    failures: int = 0
    """In a row."""
    opened_at_s: float | None = None
    rests: int = 0
    """In a row."""
    asking: bool = False
    """Whether the one try that asks is under way."""

    @property
    def is_open(self) -> bool:
        """Whether the endpoint is left alone."""
        return self.opened_at_s is not None

    def permits(self, now_s: float) -> bool:
        """Whether a try may begin."""
        if self.opened_at_s is None:
            return True
        return not self.asking and now_s >= self.reopens_at_s()

    def reopens_at_s(self) -> float:
        """When the endpoint is asked again; 0 while closed."""
        if self.opened_at_s is None:
            return 0.0
        times: int = min(2 ** max(self.rests - 1, 0), _LONGEST_REST)
        return self.opened_at_s + self.rest_s * times

    def begin(self) -> None:
        """A try begins."""
        self.asking = self.is_open

    def succeed(self) -> bool:
        """The endpoint answered.

        Returns:
            Whether it is back: the breaker was open.
        """
        was_open = self.is_open
        self.failures, self.rests, self.opened_at_s, self.asking = 0, 0, None, False
        return was_open

    def fail(self, now_s: float, *, asked: bool) -> bool:
        """A try failed.

        Args:
            now_s: the time.
            asked: the try began while the breaker was open. One that began before, and ends only now, changes nothing.

        Returns:
            Whether the breaker opened by it.
        """
        self.failures += 1
        if self.opened_at_s is not None:
            if asked:
                self.asking = False
                self.opened_at_s = now_s
                self.rests += 1
            return False
        if self.failures < self.failures_to_open:
            return False
        self.opened_at_s, self.rests = now_s, 1
        return True
