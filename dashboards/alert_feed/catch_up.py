"""Brings one client from the position it names to the ring: what it missed, without gap or repeat."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from dashboards.alert_feed.alert_log import AlertLog, OffsetsGoneError
from dashboards.alert_feed.choice import FeedChoice
from dashboards.alert_feed.events import FeedEvent, gap, heartbeat, id_line
from dashboards.alert_feed.position import Position
from dashboards.alert_feed.ring import Ring

_DELETED = "these changes of alerts are no longer kept; what became of the alerts stands in the list of alerts"
_ANEW = "alerts were begun anew after that id was given; all that are kept follow"


@dataclass(frozen=True, slots=True)
class CatchUpLimits:
    """Bounds of what one client is sent before it joins the ring."""

    most_bytes: int
    """Of one piece, about."""
    heartbeat_s: float


class CatchUp:
    """One client's way to the ring. Used by one event loop.

    Events come to the ring in one of many possible orders of the partitions, another one after each start. So a client
    is behind it in some partitions and ahead in others, until the ring has all that the client has; there it joins.

    Args:
        ring: that it is to join.
        log: what is stored, for what the ring no longer has.
        position: where the client stands.
        choice: what it wants.
        limits: of the pieces.
    """

    def __init__(
        self, ring: Ring, log: AlertLog, position: Position, *, choice: FeedChoice, limits: CatchUpLimits
    ) -> None:
        self.position = position
        """Where the client stands once it has all pieces so far."""
        self.joined_at = 0
        """Once `pieces` has ended: the client's sequence number in the ring."""
        self.read_stored = False
        """Whether the ring alone was not enough."""
        self._ring = ring
        self._log = log
        self._choice = choice
        self._limits = limits

    async def pieces(self) -> AsyncIterator[bytes]:
        """What the client missed; when it ends, the client has all before `joined_at` and nothing after.

        Raises:
            ServiceAwayError: Kafka does not answer.
        """
        if not self._ring.position(self._ring.end).reaches(self.position) and (told := await self._gap_told()):
            yield told
        while True:
            sequence = self._ring.sequence_of(self.position)
            if sequence is None:
                piece = await self._stored()
            else:
                piece, sequence = self._merged(sequence)
                if not piece and self._is_joined(sequence):
                    self.joined_at = sequence
                    return
                if not piece and sequence == self._ring.end:
                    # It has had what this ring has not read yet: from before a restart, or of another console.
                    piece = await self._gap_told() or await self._wait()
            if piece:
                yield piece

    def _is_joined(self, sequence: int) -> bool:
        return self._ring.position(sequence).reaches(self.position)

    def _merged(self, sequence: int) -> tuple[bytes, int]:
        """The next events of the ring that the client lacks, until it can join, and how far in the ring that is."""
        pieces: list[bytes] = []
        size = 0
        while sequence < self._ring.end and size < self._limits.most_bytes and not self._is_joined(sequence):
            event = self._ring.at(sequence)
            sequence += 1
            if not self.position.has(event.partition, event.offset):
                pieces.append(self._tell(event))
                size += len(pieces[-1])
        return b"".join(pieces), sequence

    async def _stored(self) -> bytes:
        """The next of what only pw.alerts has."""
        self.read_stored = True
        try:
            stretch = await self._log.read(self.position, self._ring.position(self._ring.first))
        except OffsetsGoneError:
            return await self._gap_told()
        piece = self._tell_all(stretch.events)
        self.position = stretch.after
        return piece

    def _tell_all(self, events: Iterable[FeedEvent]) -> bytes:
        return b"".join([self._tell(event) for event in events])

    def _tell(self, event: FeedEvent) -> bytes:
        """The event under an id of the client's own: the ring's would say that it has had less, or more."""
        self.position = self.position.after(event.partition, event.offset)
        return id_line(self.position) + event.body if self._choice.wants(event) else b""

    async def _gap_told(self) -> bytes:
        """Go on where something is, if the client stands where nothing is; says so to it."""
        marks = await self._log.marks()
        # Ahead in one partition, the others are not what they were either, whether their offsets fit or not.
        anew = not marks.end.reaches(self.position)
        settled = marks.first if anew else self.position.raised_to(marks.first)
        if settled == self.position:
            return b""
        lost = settled.beyond(self.position)
        self.position = settled
        return gap(settled, lost, _ANEW if anew else _DELETED)

    async def _wait(self) -> bytes:
        """Wait for the ring to come to where the client is; a heartbeat where that takes long."""
        try:
            async with asyncio.timeout(self._limits.heartbeat_s):
                await self._ring.changed()
        except TimeoutError:
            return heartbeat(self.position)
        return b""
