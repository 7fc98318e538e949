"""When a list's file is looked for, and which list is late. Pure: whoever runs it brings the clock and the facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from infra.settings.hotlists import HotlistFileSettings, HotlistsSettings


@dataclass(frozen=True, slots=True)
class ListFacts:
    """What is known of one list; None where something never was."""

    as_of: datetime | None = None
    """How old what the live list says is."""
    file_time: datetime | None = None
    """When the file that is live was last changed."""
    loaded_at: datetime | None = None
    offered_at: datetime | None = None
    """When the file that lies there now was last changed."""
    tried_at: datetime | None = None
    """When a load was last begun, whatever came of it."""


@dataclass(frozen=True, slots=True)
class LateList:
    """A list that says nothing as new as it should."""

    name: str
    since: datetime | None
    """When it became late; None where it was never loaded."""
    reason: str
    """One sentence: what is wrong and what to do."""


_NOTHING_KNOWN = ListFacts()
SETTLED = timedelta(seconds=60)
"""A file that changed within this time may still be being written; half a list would be stopped, or worse."""


def due_lists(settings: HotlistsSettings, facts: Mapping[str, ListFacts], now: datetime) -> tuple[str, ...]:
    """The lists to load now: a time of theirs has come since the last load, and another file lies there.

    A list that was never loaded is due at once; one whose load failed, again after `retry_min`.
    """
    retry = timedelta(minutes=settings.retry_min)
    due = []
    for one in settings.lists:
        known = facts.get(one.name, _NOTHING_KNOWN)
        waits = known.tried_at is not None and now - known.tried_at < retry
        if one.load_at and not waits and _time_has_come(one, known, now) and _is_new(known, now):
            due.append(one.name)
    return tuple(due)


def late_lists(settings: HotlistsSettings, facts: Mapping[str, ListFacts], now: datetime) -> tuple[LateList, ...]:
    """The lists whose live file is older than they may be, or that were never loaded."""
    late = []
    for one in settings.lists:
        known = facts.get(one.name, _NOTHING_KNOWN)
        if known.as_of is None:
            reason = f"hot list {one.name} was never loaded; check that {one.file} comes, or load it by hand"
            late.append(LateList(one.name, None, reason))
            continue
        since = known.as_of + timedelta(hours=one.fresh_for_h)
        if now > since:
            reason = (
                f"hot list {one.name} is of {known.as_of.astimezone(UTC):%Y-%m-%d %H:%M} UTC and counts for "
                f"{one.fresh_for_h:g} h; check that {one.file} comes"
            )
            late.append(LateList(one.name, since, reason))
    return tuple(late)


def last_slot(times: Iterable[str], now: datetime) -> datetime:
    """The last of the times of day (UTC) that is past."""
    today = now.astimezone(UTC)
    slots = [
        datetime.combine(today.date() - timedelta(days=back), time.fromisoformat(one), UTC)
        for one in times
        for back in (0, 1)
    ]
    return max(slot for slot in slots if slot <= today)


def _time_has_come(one: HotlistFileSettings, known: ListFacts, now: datetime) -> bool:
    return known.loaded_at is None or known.loaded_at < last_slot(one.load_at, now)


def _is_new(known: ListFacts, now: datetime) -> bool:
    if known.offered_at is None or now - known.offered_at < SETTLED:
        return False
    return known.file_time is None or known.offered_at != known.file_time
