"""What goes to an endpoint and what comes back: the border between queues, formats and transports."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from http import HTTPStatus
from typing import Protocol

from streams.delivery.subscription import Subscription

_PHRASES = {int(status): status.phrase for status in HTTPStatus}


@dataclass(frozen=True, slots=True)
class Payload:
    """An alert in the words of its receiver."""

    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A payload under its id; the same id at every try."""

    id: str
    payload: Payload


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one try: a status, or a fault before there was one."""

    status: int | None = None
    """HTTP's; of other protocols 200 for taken."""
    fault: str = ""
    """In one sentence, where there was no status: no connection, no answer in time, a certificate that is not valid."""
    refused_by_us: bool = False
    """We did not send it: the address is not allowed, and will not be before somebody changes the settings."""
    retry_after_s: float | None = None
    """As the receiver asked, seconds from now."""
    seconds: float = 0.0
    """How long it took."""

    def __str__(self) -> str:
        if self.status is None:
            return self.fault
        name = _PHRASES.get(self.status, "")
        return f"answered {self.status} {name}".rstrip()


class Verdict(Enum):
    """What an answer means for the delivery."""

    DELIVERED = auto()
    AGAIN = auto()
    REFUSED = auto()
    """For good: this message only."""
    GONE = auto()
    """The endpoint wants no more of anything (410)."""


_AGAIN = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})


def judge(answer: Answer) -> Verdict:
    """What an answer means.

    Again: no answer, 408, 425, 429, 5xx. Refused: another 4xx, a redirect (it is not followed), an address that is
    not allowed.
    """
    if answer.refused_by_us:
        return Verdict.REFUSED
    if answer.status is None or answer.status in _AGAIN or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Verdict.AGAIN
    if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return Verdict.DELIVERED
    return Verdict.GONE if answer.status == HTTPStatus.GONE else Verdict.REFUSED


class Transport(Protocol):
    """Brings messages to one subscriber. Used by one event loop."""

    async def send(self, message: OutgoingMessage, subscription: Subscription) -> Answer:
        """Try once. Faults of the network or the receiver are answers, not exceptions.

        Raises:
            asyncio.CancelledError: the worker stops; nothing else gets out.
        """
        ...
