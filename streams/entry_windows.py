"""The windows of all entries that a worker holds: which state to keep, which to let go. Pure but for what it remembers.

The windows' state itself lives with the worker's table, so that it is restored after a restart or a rebalance; here
is when each entry was last seen, in event time, and so when it can be forgotten. Memory is bounded twice: by event time
(an entry goes when the watermark has passed its last sighting by the window and the allowed lateness), and by a number
of sightings beyond which the oldest entries go early, counted.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from infra.settings.pipeline import MatchingSettings, WindowSettings
from streams.records import Hit, HotlistEntry, Match
from streams.sightings import EntrySightings, join
from streams.watermarks import Watermarks


def key_of(entry: HotlistEntry) -> bytes:
    """What an entry's matches, hits and windows are keyed by."""
    return entry.id.encode()


class Saved(msgspec.Struct, frozen=True):
    """An entry's state as it is written down."""

    partition: int
    """Of the topic of matches: whose changelog the state is in."""
    sightings: EntrySightings


class Reason(StrEnum):
    """Why an entry was let go."""

    TIME = "time"
    MEMORY = "memory"


@dataclass(frozen=True, slots=True)
class Observed:
    """What a match brought about: hits to tell first, and then the state to write down, None where it is as before."""

    hits: tuple[Hit, ...]
    saved: Saved | None
    forgotten: int


@dataclass(frozen=True, slots=True)
class LetGo:
    """An entry whose state is to be deleted."""

    key: bytes
    partition: int
    reason: Reason
    untold: int
    """Sightings that were never part of a hit: weak ones that nothing bore out."""


@dataclass(slots=True)
class _Held:
    partition: int
    newest: datetime
    count: int
    untold: int


class EntryWindows:
    """Owned by the agent of one worker; used by one task."""

    def __init__(self, windows: WindowSettings, matching: MatchingSettings) -> None:
        self._windows = windows
        self._matching = matching
        self._watermarks = Watermarks(timedelta(seconds=windows.idle_s))
        self._held: dict[bytes, _Held] = {}
        self._oldest: list[tuple[datetime, bytes]] = []
        self._count = 0

    @property
    def sightings(self) -> int:
        """Sightings that are remembered."""
        return self._count

    def restore(self, states: Iterable[tuple[bytes, Saved]], now: datetime) -> None:
        """Take over what a table holds after a restart or a rebalance; what was held before is forgotten."""
        self._watermarks = Watermarks(timedelta(seconds=self._windows.idle_s))
        self._held.clear()
        self._oldest.clear()
        self._count = 0
        for key, saved in states:
            self._watermarks.expect(saved.partition, now)
            self._hold(key, saved)

    def observe(self, partition: int, known: Saved | None, match: Match, now: datetime) -> Observed:
        """Put a match into its entry's windows.

        Args:
            partition: that the match came from.
            known: the entry's state as it was written down.
            match: the match.
            now: the clock.
        """
        self._watermarks.observe(partition, match.detection.captured_at, now)
        before = known.sightings if known else EntrySightings()
        joined = join(before, match, self._windows, self._matching)
        if joined.sightings == before:
            return Observed((), None, 0)
        saved = Saved(partition, joined.sightings)
        self._hold(key_of(match.entry), saved)
        return Observed(joined.hits, saved, joined.forgotten)

    def let_go(self, now: datetime, most: int) -> list[LetGo]:
        """Up to so many entries that can be forgotten by now; each is given once."""
        reach = timedelta(seconds=self._windows.sighting_s + self._windows.lateness_s)
        gone: list[LetGo] = []
        waiting: list[tuple[datetime, bytes]] = []
        while self._oldest and len(gone) < most:
            newest, key = heapq.heappop(self._oldest)
            held = self._held.get(key)
            if held is None or held.newest != newest:
                continue  # seen again since; its later place in the heap counts
            watermark = self._watermarks.at(held.partition, now)
            over = watermark is not None and newest + reach < watermark
            if over or self._count > self._windows.most_sightings:
                self._release(key, held)
                gone.append(LetGo(key, held.partition, Reason.TIME if over else Reason.MEMORY, held.untold))
                continue
            waiting.append((newest, key))
            if newest + reach >= now:
                break  # those after it are younger still, and no watermark is far ahead of the clock
        for each in waiting:
            heapq.heappush(self._oldest, each)
        return gone

    def _hold(self, key: bytes, saved: Saved) -> None:
        before = self._held.get(key)
        if before is not None:
            self._count -= before.count
        matches = saved.sightings.matches
        told = {detection for hit in saved.sightings.told for detection in hit.detections}
        newest = max(match.detection.captured_at for match in matches)
        untold = sum(match.detection.id not in told for match in matches)
        self._held[key] = _Held(saved.partition, newest, len(matches), untold)
        self._count += len(matches)
        heapq.heappush(self._oldest, (newest, key))

    def _release(self, key: bytes, held: _Held) -> None:
        del self._held[key]
        self._count -= held.count
