"""The last status of each camera, kept until Kafka has it."""

from __future__ import annotations

from connectors.message import OutgoingMessage
from streams.codec import encode
from streams.records import CameraStatus, TopicName


class StatusOutbox:
    """Statuses to send. Their topic is compacted, so only the last of each camera matters. Owned by one publisher.

    Its tickets are negative, so that they are none of those under which frames are sent.
    """

    def __init__(self) -> None:
        self._latest: dict[str, OutgoingMessage] = {}
        self._on_wire: dict[int, OutgoingMessage] = {}
        self._tickets = 0

    @property
    def awaited(self) -> int:
        """Statuses on the wire."""
        return len(self._on_wire)

    def put(self, status: CameraStatus) -> None:
        """A new status; it replaces the camera's last one."""
        self._latest[status.camera] = OutgoingMessage(
            TopicName.CAMERAS, status.camera.encode(), encode(status), (), round(status.at.timestamp() * 1000)
        )

    def to_send(self) -> list[tuple[int, OutgoingMessage]]:
        """What Kafka does not have and is not on its way, with tickets."""
        on_wire = set(map(id, self._on_wire.values()))
        sent: list[tuple[int, OutgoingMessage]] = []
        for message in self._latest.values():
            if id(message) not in on_wire:
                self._tickets -= 1
                self._on_wire[self._tickets] = message
                sent.append((self._tickets, message))
        return sent

    def delivered(self, ticket: int) -> None:
        """Kafka has it, or will never take it."""
        message = self._on_wire.pop(ticket, None)
        if message is not None and self._latest.get(message.key.decode()) is message:
            del self._latest[message.key.decode()]

    def failed(self, ticket: int) -> None:
        """Kafka does not have it; it is to be sent again, unless a newer one has come."""
        self._on_wire.pop(ticket, None)
