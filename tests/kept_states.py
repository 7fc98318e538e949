"""State that outlives a worker, in memory, and that can fail or crash as Kafka and processes do."""

from __future__ import annotations

from streams.faults import ServiceAwayError


class Crash(BaseException):
    """The process is killed here."""


class MemoryStates:
    """See `streams.kept_state.KeptState`. What a write that failed has put in memory stays there, as in Faust."""

    def __init__(self) -> None:
        self.memory: dict[bytes, bytes] = {}
        self.durable: dict[bytes, bytes] = {}
        self.writes_left: int | None = None
        """Before the process is killed; None: for ever."""
        self.away = 0
        """Writes that fail because Kafka is away."""

    def get(self, key: bytes) -> bytes | None:
        return self.memory.get(key)

    async def set(self, partition: int, key: bytes, value: bytes) -> None:
        self.memory[key] = value
        self._write()
        self.durable[key] = value

    async def delete(self, partition: int, key: bytes) -> None:
        self._write()
        self.durable.pop(key, None)
        self.memory.pop(key, None)

    def items(self) -> list[tuple[bytes, bytes]]:
        return list(self.memory.items())

    def restart(self) -> None:
        """The process is started again: it knows what was durable."""
        self.memory = dict(self.durable)
        self.writes_left = None

    def mishap(self) -> None:
        """Another effect that counts: where the process is killed, it does not happen."""
        if self.writes_left == 0:
            raise Crash
        if self.writes_left is not None:
            self.writes_left -= 1

    def _write(self) -> None:
        self.mishap()
        if self.away:
            self.away -= 1
            service = "kafka"
            raise ServiceAwayError(service, "no broker")
