"""What a client of the feed asks for, by its headers and query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dashboards.alert_feed.choice import FeedChoice
from dashboards.alert_feed.position import Position, PositionError, parse_position
from streams.records import Category

_KNOWN = frozenset({"last_event_id", "since", "category", "camera", "sounds"})


class FeedRequestError(Exception):
    """The request cannot be served as it is; the message says what to change."""


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
        FeedRequestError: one of them is not understood.
    """
    if unknown := sorted(query.keys() - _KNOWN):
        msg = f"the feed knows no parameter {unknown[0]!r}; it knows {', '.join(sorted(_KNOWN))}"
        raise FeedRequestError(msg)
    position = last_event_id or query.get("last_event_id")
    try:
        start = parse_position(position, partitions) if position else _since(query.get("since"))
    except PositionError as error:
        raise FeedRequestError(str(error)) from error
    return FeedRequest(_choice(query), start)


def _since(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        # A plus sign in a query stands for a space, which is how most get here.
        msg = "since is no time with a zone; write it as 2026-11-25T08:00:00Z"
        raise FeedRequestError(msg)
    return moment


def _choice(query: Mapping[str, str]) -> FeedChoice:
    categories = _words(query.get("category"))
    if unknown := sorted(categories - set(Category)):
        msg = f"there is no category {unknown[0]!r}; there are {', '.join(Category)}"
        raise FeedRequestError(msg)
    sounds = query.get("sounds", "0")
    if sounds not in ("0", "1"):
        msg = "sounds is 1 for alerts that sound, or 0 for all"
        raise FeedRequestError(msg)
    return FeedChoice(categories, _words(query.get("camera")), only_sounding=sounds == "1")


def _words(text: str | None) -> frozenset[str]:
    return frozenset(word.strip() for word in (text or "").split(",") if word.strip())
