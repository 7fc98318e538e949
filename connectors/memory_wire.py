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
        self._waiting: dict[int, OutgoingMessage] = {}
        self._failed = False
        self._report: Report | None = None

    def open(self, report: Report) -> None:
        """Begin."""
        self._report = report

    def send(self, ticket: int, message: OutgoingMessage) -> None:
        """Deliver, or not, as `broker` says; in order, whatever it said before."""
        if self.broker is Broker.FULL or self._failed:
            msg = "the queue is full"
            raise WireFullError(msg)
        match self.broker:
            case Broker.UP:
                self._waiting[ticket] = message
                self._deliver_waiting()
            case Broker.SILENT:
                self._waiting[ticket] = message
            case Broker.FAILING:
                self._failed = True
                self._hand_in(ticket, Outcome.FAILED)
            case _:
                self._hand_in(ticket, Outcome.REJECTED)

    def abandon(self) -> None:
        """Report all that waits as failed."""
        self._failed = False
        waiting, self._waiting = self._waiting, {}
        for ticket in waiting:
            self._hand_in(ticket, Outcome.FAILED)

    async def close(self) -> None:
        """Report nothing more."""
        self._report = None

    def _deliver_waiting(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for ticket, message in waiting.items():
            self.delivered.append(message)
            self._hand_in(ticket, Outcome.DELIVERED)

    def _hand_in(self, ticket: int, outcome: Outcome) -> None:
        if self._report is not None:
            asyncio.get_running_loop().call_soon(self._report, ticket, outcome, outcome.value)
