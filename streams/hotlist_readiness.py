"""Whether Redis holds all hot lists as they should be, or has lost some and is being filled again.

The mark is set when an installation begins, without lists, and lives in Redis alone: whatever empties Redis takes it
along. A list that is loaded afterwards does not bring it back, for the other lists are still missing; the rebuild does,
when all are there. It also names the server process that was filled: one that started from a snapshot, or a replica
that took over, has a mark of old, and lists of old with it. So the look-up takes no mark of another process for one;
only that of a beginning names none.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from redis.asyncio import Redis
from redis.exceptions import RedisError

from streams.faults import ServiceAwayError
from streams.hotlist_keys import READY

_SERVICE = "redis"


class Readiness:
    """The mark in Redis. Used by one event loop."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def is_ready(self) -> bool:
        """Whether all lists are there, put there while this very server ran.

        Raises:
            ServiceAwayError: Redis does not answer.
        """
        with _errors():
            mark = await self._redis.get(READY)
            return mark is not None and _text(mark).endswith(f" {await self._server()}")

    async def make_ready(self, now: datetime) -> None:
        """Say that all lists are there: called by whoever has just put all of them there.

        Raises:
            ServiceAwayError: Redis does not answer.
        """
        with _errors():
            await self._redis.set(READY, f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ} {await self._server()}")

    async def _server(self) -> str:
        return str((await self._redis.info("server"))["run_id"])


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except (RedisError, OSError) as error:
        raise ServiceAwayError(_SERVICE, str(error)) from error


def _text(reply: bytes | str) -> str:
    return reply.decode() if isinstance(reply, bytes) else reply
