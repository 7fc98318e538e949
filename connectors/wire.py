"""The boundary to Kafka: messages go out under a ticket, and each ticket comes back with what became of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from connectors.delivery import Outcome
from connectors.message import OutgoingMessage

Report = Callable[[int, Outcome, str], None]
"""Called on the event loop's thread with ticket, outcome and, where it failed, the reason."""


class Wire(Protocol):
    """Sends messages in order and reports on each. Used from the event loop's thread; no method blocks."""

    def open(self, report: Report) -> None:
        """Begin. Raises ConnectorError where the client's settings are wrong; that Kafka is away is no error."""
        ...

    def send(self, ticket: int, message: OutgoingMessage) -> None:
        """Send the message after those before it. Raises WireFullError, and then there is no report."""
        ...

    def abandon(self) -> None:
        """Give up all that is not delivered yet: each ticket is reported as FAILED soon, or was DELIVERED after all."""
        ...

    async def close(self) -> None:
        """Let go of the connection, and of what is still on the wire. Idempotent."""
        ...
