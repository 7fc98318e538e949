"""How many requests an endpoint gets in a second. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class TokenBucket:
    """Lets `rate_per_s` through in the long run, and a second's worth at once. Times are seconds of one clock."""

    rate_per_s: float
    tokens: float = 1.0
    filled_at_s: float = 0.0

    def may_take(self, now_s: float) -> bool:
        """Whether a request may go now."""
        self._fill(now_s)
        return self.tokens >= 1.0

    def take(self, now_s: float) -> None:
        """A request goes."""
        self._fill(now_s)
        self.tokens -= 1.0

    def next_at_s(self, now_s: float) -> float:
        """When the next request may go."""
        self._fill(now_s)
        return now_s + max(0.0, 1.0 - self.tokens) / self.rate_per_s

    def _fill(self, now_s: float) -> None:
        gained = max(0.0, now_s - self.filled_at_s) * self.rate_per_s
        self.tokens = min(max(1.0, self.rate_per_s), self.tokens + gained)
        self.filled_at_s = max(now_s, self.filled_at_s)
