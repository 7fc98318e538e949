from __future__ import annotations

from streams.agents.delivery import steady_clock


def test_waits_and_time_limits_go_by_a_clock_that_nobody_sets() -> None:
    wall, monotonic = [1_000_000.0], [50.0]
    clock = steady_clock(lambda: wall[0], lambda: monotonic[0])
    assert clock() == 1_000_000.0
    wall[0] -= 3600.0
    monotonic[0] += 2.0
    assert clock() == 1_000_002.0
