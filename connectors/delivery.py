"""Which messages are on the wire, which wait, and where the next one goes. Pure: no Kafka, no disk, no clock.

    STREAMING --trouble--> SPOOLING --the oldest spooled message is through--> DRAINING --spool empty--> STREAMING
                              ^----------------------trouble----------------------'

Order is kept by three rules. While streaming, messages go to the wire as they come. At the first sign of trouble
nothing more does: what is on the wire is called back, and what was not delivered goes to the spool in order, before all
that is newer. New messages go to the wire again only when the spool is empty.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum, StrEnum

from connectors.message import OutgoingMessage


class Phase(StrEnum):
    """Where new messages go."""

    STREAMING = "streaming"
    """To Kafka."""
    SPOOLING = "spooling"
    """To the disk; Kafka is away."""
    DRAINING = "draining"
    """To the disk, behind those that are being sent from there."""


class Outcome(Enum):
    """What became of a message on the wire."""

    DELIVERED = "Kafka has it on all in-sync replicas"
    FAILED = "it may be sent again"
    REJECTED = "Kafka will never take this one"


@dataclass(frozen=True, slots=True)
class Sent:
    """A message on the wire. `spooled_as` is its sequence number in the spool; None: it is on the wire alone."""

    message: OutgoingMessage
    sent_at_s: float
    spooled_as: int | None


class Delivery:
    """The state of one publisher. Owned by its task; `now_s` is monotonic seconds."""

    def __init__(self, phase: Phase, *, timeout_s: float, bytes_max: int) -> None:
        self.phase = phase
        self.reason = ""
        """Why it is not streaming, in one sentence."""
        self.failures = 0
        """Failed tries in a row to get through to Kafka."""
        self.retry_at_s = float("-inf")
        self.backlog: deque[OutgoingMessage] = deque()
        """Messages that are neither on the wire nor on the disk yet, oldest first."""
        self._timeout_s = timeout_s
        self._bytes_max = bytes_max
        self._on_wire: dict[int, Sent] = {}
        self._bytes = 0
        self._failure: str | None = None
        self._failed: set[int] = set()
        self._tickets = 0

    @property
    def has_room(self) -> bool:
        """Whether one more message may be handed over. Bounds what the process holds in memory while Kafka is slow."""
        return self._bytes < self._bytes_max

    @property
    def awaited(self) -> int:
        """Messages on the wire that have not been reported on."""
        return len(self._on_wire) - len(self._failed)

    @property
    def unaccepted(self) -> int:
        """Messages that were handed over and are neither in Kafka nor on the disk."""
        return len(self.backlog) + sum(1 for sent in self._on_wire.values() if sent.spooled_as is None)

    def hand_over(self, message: OutgoingMessage, now_s: float) -> int | None:
        """A new message. Returns the ticket under which to send it now; None: it waits for the disk."""
        self._bytes += message.size
        if self.phase is not Phase.STREAMING:
            self.backlog.append(message)
            return None
        return self._ticket(Sent(message, now_s, None))

    def send_spooled(self, message: OutgoingMessage, sequence: int, now_s: float) -> int:
        """A message from the spool. Returns the ticket under which to send it."""
        return self._ticket(Sent(message, now_s, sequence))

    def report(self, ticket: int, outcome: Outcome, reason: str) -> Sent | None:
        """What became of a message; gives it back if it is settled. Late reports of what was taken back are ignored."""
        sent = self._on_wire.get(ticket)
        if sent is None:
            return None
        if outcome is Outcome.FAILED:
            self._failure = self._failure or reason
            self._failed.add(ticket)
            return None
        del self._on_wire[ticket]
        if sent.spooled_as is None:
            self._bytes -= sent.message.size
        return sent

    def fail(self, reason: str) -> None:
        """The wire took no message."""
        self._failure = self._failure or reason

    def trouble(self, now_s: float) -> str | None:
        """Why what is on the wire has to be called back; None while all is well."""
        if self._failure is not None:
            return self._failure
        oldest = next(iter(self._on_wire.values()), None)
        if oldest is not None and now_s - oldest.sent_at_s >= self._timeout_s:
            return f"no acknowledgement within {self._timeout_s:g} s"
        return None

    def retreat(self, reason: str) -> None:
        """Send nothing more. The wire is to be told to give back what it has."""
        self.phase = Phase.SPOOLING
        self.reason = reason
        self.failures += 1

    def take_back(self, retry_at_s: float) -> None:
        """The wire has given back what it could: what was not delivered is first in line for the disk."""
        undelivered = [sent.message for sent in self._on_wire.values() if sent.spooled_as is None]
        self.backlog.extendleft(reversed(undelivered))
        self._on_wire.clear()
        self._failed.clear()
        self._failure = None
        self.retry_at_s = retry_at_s

    def stored(self, count: int) -> None:
        """So many messages of the backlog are safe on the disk."""
        for _ in range(count):
            self._bytes -= self.backlog.popleft().size

    def got_through(self) -> None:
        """Kafka took messages of the spool: go on with the next ones at once."""
        self.phase = Phase.DRAINING
        self.failures = 0

    def caught_up(self, now_s: float) -> list[tuple[int, OutgoingMessage]]:
        """The spool is empty: stream again. Returns what waits in memory, with tickets, to be sent in this order."""
        self.phase = Phase.STREAMING
        self.reason = ""
        waiting = [(self._ticket(Sent(message, now_s, None)), message) for message in self.backlog]
        self.backlog.clear()
        return waiting

    def _ticket(self, sent: Sent) -> int:
        self._tickets += 1
        self._on_wire[self._tickets] = sent
        return self._tickets
