"""What a worker's memory by key owes to those who keep something in it; see `streams.app.KeyedState`."""

from __future__ import annotations

from typing import Protocol


class KeptState(Protocol):
    """State by key that outlives the worker; see `streams.app.KeyedState`."""

    def get(self, key: bytes) -> bytes | None:
        """The state, if there is one."""
        ...

    async def set(self, partition: int, key: bytes, value: bytes) -> None:
        """Remember; returns when it is durable, or raises ServiceAwayError."""
        ...

    async def delete(self, partition: int, key: bytes) -> None:
        """Forget; returns when that is durable, or raises ServiceAwayError."""
        ...

    def items(self) -> list[tuple[bytes, bytes]]:
        """All that is remembered of the partitions that are ours."""
        ...
