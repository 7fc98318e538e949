"""How long to wait before another try; used wherever something that was away is tried again. Pure."""

from __future__ import annotations

from collections.abc import Callable

from infra.settings.workers import RetrySettings


def backoff_s(retry: RetrySettings, tries: int, draw: Callable[[], float]) -> float:
    """Seconds to wait after the given number of failed tries: exponential, with full jitter, capped.

    Full jitter spreads workers that lost the same service; source: AWS Architecture Blog, "Exponential Backoff And
    Jitter", 2015. A tenth of the bound is kept as a floor, so that a service is never hammered.
    """
    bound: float = min(retry.longest_s, retry.first_s * 2.0 ** min(tries - 1, 30))
    return bound * (0.1 + 0.9 * draw())
