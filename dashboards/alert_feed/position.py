"""How far a client has come in pw.alerts: an offset for each partition; also the id of each event of the feed."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FORM = re.compile(r"\d{1,4}\.\d{1,19}(-\d{1,4}\.\d{1,19})*", re.ASCII)
_LONGEST = 16384
"""Characters; a thousand partitions need as many, and more is not looked at."""


class PositionError(Exception):
    """The text is no position of this feed; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Position:
    """For each partition the offset of the next event; all before it have been had."""

    offsets: tuple[int, ...]

    def __str__(self) -> str:
        return "-".join(f"{partition}.{offset}" for partition, offset in enumerate(self.offsets))

    def after(self, partition: int, offset: int) -> Position:
        """The position once this event has been had too."""
        return Position((*self.offsets[:partition], offset + 1, *self.offsets[partition + 1 :]))

    def has(self, partition: int, offset: int) -> bool:
        """Whether the event is before this position."""
        return offset < self.offsets[partition]

    def reaches(self, other: Position) -> bool:
        """Whether all that is before the other position is before this one too."""
        return all(mine >= theirs for mine, theirs in zip(self.offsets, other.offsets, strict=True))

    def raised_to(self, other: Position) -> Position:
        """The further one of each partition."""
        return Position(tuple(map(max, self.offsets, other.offsets)))

    def beyond(self, other: Position) -> int:
        """How many events are before this position and not before the other."""
        return sum(max(0, mine - theirs) for mine, theirs in zip(self.offsets, other.offsets, strict=True))


def parse_position(text: str, partitions: int) -> Position:
    """The position in an event's id. A partition that it does not name was added since: it is read from its beginning.

    Raises:
        PositionError: it is not the id of an event of this feed.
    """
    if len(text) > _LONGEST or not _FORM.fullmatch(text):
        msg = "Last-Event-ID is no id of this feed; send the id of the last event as it came, or none to begin anew"
        raise PositionError(msg)
    offsets = [0] * partitions
    seen = set()
    for part in text.split("-"):
        partition, offset = map(int, part.split("."))
        if partition >= partitions or partition in seen:
            msg = f"Last-Event-ID names partition {partition}, which this feed lacks or has once; begin anew without it"
            raise PositionError(msg)
        seen.add(partition)
        offsets[partition] = offset
    return Position(tuple(offsets))
