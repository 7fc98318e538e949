"""The boundary to Kafka: messages go out under a ticket, and each ticket comes back with what became of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from connectors.delivery import Outcome
from connectors.message import OutgoingMessage

Report = Callable[[int, Outcome, str], None]
"""Called on the event loop's thread with ticket, outcome and, where it failed, the reason."""


class Wire(Protocol):
    """Sends messages in order and reports on each. Used from the event loop's thread; no method blocks.

    A message that hangs holds up those after it, and after one that FAILED no later one is taken until `abandon`: what
    comes after a lost message must not pass it.
    """

    def open(self, report: Report) -> None:
        """Begin. Raises ConnectorError where the client's settings are wrong; that Kafka is away is no error."""
        ...

    def send(self, ticket: int, message: OutgoingMessage) -> None:
        """Send the message after those before it. Raises WireFullError if it was not taken; there is no report then."""
        ...

    def abandon(self) -> None:
        """Give up all that is not delivered yet: each ticket is reported as FAILED soon, or was DELIVERED after all."""
        ...

    async def close(self) -> None:
        """Let go of the connection, and of what is still on the wire. Idempotent."""
        ...
