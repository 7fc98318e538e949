"""What a client of the feed asks for, by its headers and query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dashboards.alert_feed.choice import FeedChoice
from dashboards.alert_feed.position import Position, PositionError, parse_position
from dashboards.query_values import RequestRefusedError, check_names, members, moment, words
from streams.records import Category

_KNOWN = frozenset({"last_event_id", "since", "category", "camera", "sounds"})


@dataclass(frozen=True, slots=True)
class FeedRequest:
    """Which alerts, and from where on: a position, a time, or only what is new."""

    choice: FeedChoice
    start: Position | datetime | None


def parse_request(last_event_id: str | None, query: Mapping[str, str], partitions: int) -> FeedRequest:
    """What is asked for.

    Args:
        last_event_id: the header of that name; it goes before the query, since a browser sets it when it comes back.
        query: its parameters.
        partitions: of the feed.

    Raises:
        RequestRefusedError: one of them is not understood.
    """
    check_names(query, _KNOWN)
    return FeedRequest(_choice(query), _start(last_event_id or query.get("last_event_id"), query, partitions))


def _start(position: str | None, query: Mapping[str, str], partitions: int) -> Position | datetime | None:
    if position:
        try:
            return parse_position(position, partitions)
        except PositionError as error:
            raise RequestRefusedError(str(error)) from error
    return moment("since", query["since"]) if query.get("since") else None


def _choice(query: Mapping[str, str]) -> FeedChoice:
    sounds = query.get("sounds", "0")
    if sounds not in ("0", "1"):
        msg = "sounds is 1 for alerts that sound, or 0 for all"
        raise RequestRefusedError(msg)
    return FeedChoice(
        frozenset(members(Category, "category", query.get("category", ""))),
        frozenset(words(query.get("camera", ""))),
        only_sounding=sounds == "1",
    )
