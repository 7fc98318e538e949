from __future__ import annotations

from streams.fresh_partitions import STUCK_AFTER_S, StandstillWatch


def test_a_partition_that_stands_still_is_told_and_again_only_after_as_long() -> None:
    watch = StandstillWatch()
    told = [watch.stuck({"a": 5}, at) for at in (0.0, STUCK_AFTER_S - 0.1, STUCK_AFTER_S, STUCK_AFTER_S + 1)]
    assert told == [[], [], ["a"], []]
    assert watch.stuck({"a": 5}, 2 * STUCK_AFTER_S) == ["a"]


def test_progress_starts_the_wait_anew() -> None:
    watch = StandstillWatch()
    watch.stuck({"a": 5}, 0.0)
    assert watch.stuck({"a": 6}, STUCK_AFTER_S) == []
    assert watch.stuck({"a": 6}, 2 * STUCK_AFTER_S) == ["a"]


def test_a_partition_that_had_something_under_way_meanwhile_waits_anew() -> None:
    watch = StandstillWatch()
    watch.stuck({"a": 5}, 0.0)
    watch.stuck({}, STUCK_AFTER_S - 1)
    assert watch.stuck({"a": 5}, STUCK_AFTER_S) == []


def test_a_partition_that_nobody_ever_committed_counts_too() -> None:
    watch = StandstillWatch()
    watch.stuck({"a": None}, 0.0)
    assert watch.stuck({"a": None}, STUCK_AFTER_S) == ["a"]
