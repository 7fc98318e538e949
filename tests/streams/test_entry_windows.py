from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from infra.settings.pipeline import MatchingSettings, WindowSettings
from streams.entry_windows import EntryWindows, LetGo, Reason, Saved, key_of
from streams.records import Match, Outcome
from tests.builders import build_entry, build_match, moment

SETTINGS = WindowSettings(sighting_s=600, lateness_s=3600, most_sightings=100)
REACH_S = 4200.0


class Worker:
    """A worker's table and its windows."""

    def __init__(self, settings: WindowSettings = SETTINGS) -> None:
        self.table: dict[bytes, bytes] = {}
        self.settings = settings
        self.windows = EntryWindows(settings, MatchingSettings())

    def take(self, match: Match, *, partition: int = 0, now: datetime | None = None) -> int:
        """How many hits the match brought about."""
        key = key_of(match.entry)
        known = msgspec.msgpack.decode(self.table[key], type=Saved) if key in self.table else None
        observed = self.windows.observe(partition, known, match, now or match.matched_at)
        if observed.saved:
            self.table[key] = msgspec.msgpack.encode(observed.saved)
        return len(observed.hits)

    def let_go(self, now_s: float) -> list[LetGo]:
        gone = list(self.windows.let_go(moment(now_s), 1000))
        for one in gone:
            del self.table[one.key]
        return gone

    def restart(self, now_s: float) -> None:
        self.windows = EntryWindows(self.settings, MatchingSettings())
        states = [(key, msgspec.msgpack.decode(value, type=Saved)) for key, value in self.table.items()]
        self.windows.restore(states, moment(now_s))


def of(plate: str, at_s: float = 0.0, *, weak: bool = False) -> Match:
    changes: dict[str, Any] = {"probability": 0.02, "outcome": Outcome.POSSIBLE} if weak else {}
    return build_match(at_s=at_s, entry=build_entry(plate), **changes)


def test_an_entry_is_let_go_when_event_time_has_passed_its_window_and_the_lateness() -> None:
    worker = Worker()
    worker.take(of("A"))
    worker.take(of("B", REACH_S), now=moment(REACH_S))
    assert worker.let_go(REACH_S) == []
    worker.take(of("B", REACH_S + 1), now=moment(REACH_S + 1))
    assert [one.key for one in worker.let_go(REACH_S + 1)] == [b"stolen/A"]
    assert worker.let_go(REACH_S + 1) == []
    assert worker.windows.sightings == 2


def test_an_entry_that_is_seen_again_stays() -> None:
    worker = Worker()
    worker.take(of("A"))
    worker.take(of("A", 4000.0))
    worker.take(of("B", 5000.0))
    assert worker.let_go(5000.0) == []


def test_weak_sightings_that_nothing_bore_out_are_counted_when_they_go() -> None:
    worker = Worker()
    assert worker.take(of("A", weak=True)) == 0
    assert worker.take(of("B")) == 1
    worker.take(of("C", 10_000.0))
    assert {one.key: one.untold for one in worker.let_go(10_000.0)} == {b"stolen/A": 1, b"stolen/B": 0}


def test_a_partition_without_messages_holds_nothing_for_ever() -> None:
    worker = Worker()
    worker.take(of("A"))
    assert worker.let_go(REACH_S) == []
    assert [one.reason for one in worker.let_go(REACH_S + 61)] == [Reason.TIME]


def test_one_partition_that_lags_does_not_lose_its_windows_to_another() -> None:
    worker = Worker()
    worker.take(of("A"), partition=0, now=moment(20_000))
    worker.take(of("B", 20_000.0), partition=1, now=moment(20_000))
    assert worker.let_go(20_000.0) == []


def test_memory_is_bounded_and_the_oldest_go_first() -> None:
    worker = Worker()
    for number in range(150):
        worker.take(of(f"P{number}", float(number)))
        gone = worker.let_go(float(number))
        assert all(one.reason is Reason.MEMORY for one in gone)
    assert worker.windows.sightings == 100
    assert b"stolen/P49" not in worker.table
    assert b"stolen/P50" in worker.table


def test_after_a_restart_a_repeated_match_is_known_and_old_entries_still_go() -> None:
    worker = Worker()
    worker.take(of("A"))
    worker.restart(10.0)
    assert worker.windows.sightings == 1
    assert worker.take(of("A")) == 0
    assert worker.take(of("A", 60.0)) == 1
    worker.restart(20_000.0)
    assert [one.key for one in worker.let_go(20_000.0)] == [b"stolen/A"]


@given(st.lists(st.tuples(st.sampled_from("ABCDE"), st.integers(0, 20_000)), max_size=40), st.integers(0, 40))
def test_a_restart_anywhere_changes_no_hit(seen: list[tuple[str, int]], restart_at: int) -> None:
    steady, restarted = Worker(), Worker()
    hits = [0, 0]
    for place, (plate, at_s) in enumerate(seen):
        if place == restart_at:
            restarted.restart(30_000.0)
        for which, worker in enumerate((steady, restarted)):
            hits[which] += worker.take(of(plate, float(at_s)))
    assert hits[0] == hits[1]
    assert steady.table == restarted.table
    assert steady.windows.sightings == restarted.windows.sightings


def test_some_are_let_go_and_the_rest_the_next_time() -> None:
    worker = Worker()
    for plate in "ABCDE":
        worker.take(of(plate))
    worker.take(of("F", 20_000.0))
    first = worker.windows.let_go(moment(20_000), 3)
    second = worker.windows.let_go(moment(20_000), 3)
    assert (len(first), len(second)) == (3, 2)
    assert not {one.key for one in first} & {one.key for one in second}
