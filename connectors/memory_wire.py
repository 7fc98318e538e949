"""A Kafka in memory that can go away: the double of `connectors.wire.Wire`, for tests, ours and others'."""

from __future__ import annotations

import asyncio
from enum import Enum

from connectors.delivery import Outcome
from connectors.message import OutgoingMessage
from connectors.source import WireFullError
from connectors.wire import Report


class Broker(Enum):
    """How the broker behaves."""

    UP = "acknowledges at once"
    SILENT = "takes messages and acknowledges none until they are abandoned"
    FAILING = "reports each message as failed"
    REJECTING = "reports each message as never acceptable"
    FULL = "takes no message at all"


class MemoryWire:
    """Keeps delivered messages in `delivered`, in order; set `broker` to change how it behaves."""

    def __init__(self, broker: Broker = Broker.UP) -> None:
        self.broker = broker
        self.delivered: list[OutgoingMessage] = []
        self._waiting: list[int] = []
        self._report: Report | None = None

    def open(self, report: Report) -> None:
        """Begin."""
        self._report = report

    def send(self, ticket: int, message: OutgoingMessage) -> None:
        """Deliver, or not, as `broker` says."""
        match self.broker:
            case Broker.UP:
                self.delivered.append(message)
                self._hand_in(ticket, Outcome.DELIVERED)
            case Broker.SILENT:
                self._waiting.append(ticket)
            case Broker.FAILING:
                self._hand_in(ticket, Outcome.FAILED)
            case Broker.REJECTING:
                self._hand_in(ticket, Outcome.REJECTED)
            case Broker.FULL:
                msg = "the queue is full"
                raise WireFullError(msg)

    def abandon(self) -> None:
        """Report all that waits as failed."""
        waiting, self._waiting = self._waiting, []
        for ticket in waiting:
            self._hand_in(ticket, Outcome.FAILED)

    async def close(self) -> None:
        """Report nothing more."""
        self._report = None

    def _hand_in(self, ticket: int, outcome: Outcome) -> None:
        if self._report is not None:
            asyncio.get_running_loop().call_soon(self._report, ticket, outcome, outcome.value)
