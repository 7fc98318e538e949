"""The look back of an entry that became active: what is looked at, how far it is, and what it finds. Pure.

It begins when the entry is approved, even if that is valid only later: what was seen before is told at once
(NY-VII.f.3). It looks twice. First at all passes that were captured before it began and are in the index; then, a while
later, at what came in around its beginning, which the index did not show yet. What is captured later is matched as it
comes.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec

from infra.settings.local_entries import LookbackSettings
from streams.plate_filters import candidate_filters
from streams.records import ChangeKind, HotlistChange, HotlistEntry, Match, Timestamp

SORT = ({"captured_at": "asc"}, {"camera": "asc"}, {"decided_by": "asc"}, {"plate": "asc"})
"""What no two passes have in common, made of fields that can be sorted by: ids cannot, they are only looked up."""

VERSION = "look-back"
"""Stands where a match names the version of its list: none was live when the vehicle passed."""


class Stage(StrEnum):
    """How far a look back is."""

    FIRST = "first"
    AGAIN = "again"
    DONE = "done"


class Lookback(msgspec.Struct, frozen=True, kw_only=True):
    """One look back. Kept in the worker's state, so that a restart goes on where it was."""

    entry: HotlistEntry
    at: Timestamp
    """Of the change of the entry that it is about; an older change that comes again is known by it."""
    partition: int
    """Of pw.hotlist, where the entry's state belongs."""
    begun_at: Timestamp
    """What was captured before is looked at."""
    stage: Stage = Stage.FIRST
    after: tuple[int | str, ...] = ()
    """Sort values of the last pass that was looked at; empty at the beginning of a stage."""
    looked_at: int = 0
    matched: int = 0


def plan(known: Lookback | None, change: HotlistChange, partition: int, now: datetime) -> Lookback | None:
    """The look back that the change asks for; None where the change is older than what is known.

    An entry that is told again, or whose instructions changed, goes on where it was; one that means other vehicles than
    before begins anew. An entry that was removed is done.
    """
    if known is not None and change.at < known.at:
        return None
    if change.kind is ChangeKind.REMOVED:
        begun_at = now if known is None else known.begun_at
        return Lookback(entry=change.entry, at=change.at, partition=partition, begun_at=begun_at, stage=Stage.DONE)
    if known is not None and _means(known.entry) == _means(change.entry):
        return msgspec.structs.replace(known, entry=change.entry, at=change.at, partition=partition)
    return Lookback(entry=change.entry, at=change.at, partition=partition, begun_at=now)


def _means(entry: HotlistEntry) -> tuple[object, ...]:
    return (entry.plate, entry.state, entry.vehicle)


def due_at(lookback: Lookback, settings: LookbackSettings) -> datetime | None:
    """From when on its next page may be asked for; None where there is none to come."""
    if lookback.stage is Stage.DONE:
        return None
    settling = timedelta(seconds=settings.settle_s if lookback.stage is Stage.AGAIN else 0)
    return lookback.begun_at + settling


def query(lookback: Lookback, settings: LookbackSettings, limit: timedelta) -> dict[str, Any]:
    """What the next page is asked by, in Elasticsearch's words.

    Args:
        lookback: where it stands.
        settings: how it is done.
        limit: how long a detection lives; what is older is deleted, or about to be.
    """
    begun_at = lookback.begun_at
    bounds = {"gte": (begun_at - limit).isoformat(), "lt": begun_at.isoformat()}
    filters = [*candidate_filters(lookback.entry.plate), {"range": {"captured_at": bounds}}]
    if lookback.stage is Stage.AGAIN:
        came_in = begun_at - timedelta(seconds=settings.settle_s)
        filters.append({"range": {"received_at": {"gte": came_in.isoformat()}}})
    body: dict[str, Any] = {"query": {"bool": {"filter": filters}}, "sort": list(SORT), "size": settings.page}
    return body | {"search_after": list(lookback.after)} if lookback.after else body


def advance(lookback: Lookback, sorts: list[tuple[int | str, ...]], matched: int, page: int) -> Lookback:
    """Where the look back stands after a page.

    Args:
        lookback: where it stood.
        sorts: sort values of the passes on the page, in order.
        matched: how many of them matched.
        page: how many passes a full page has; a shorter one is the last of its stage.
    """
    told = msgspec.structs.replace(
        lookback, looked_at=lookback.looked_at + len(sorts), matched=lookback.matched + matched
    )
    if len(sorts) >= page:
        return msgspec.structs.replace(told, after=sorts[-1])
    following = Stage.AGAIN if lookback.stage is Stage.FIRST else Stage.DONE
    return msgspec.structs.replace(told, stage=following, after=())


def ever_valid(entry: HotlistEntry) -> HotlistEntry:
    """The entry without its beginning: a look back asks what passed before it."""
    return msgspec.structs.replace(entry, valid_from=None)


def historical(match: Match, lookback: Lookback) -> Match:
    """The match as one of a look back: with the entry as it is, and a time that a second run gives it too."""
    return msgspec.structs.replace(
        match, entry=lookback.entry, historical=True, hotlist_version=VERSION, matched_at=lookback.begun_at
    )
