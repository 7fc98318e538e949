"""Whether Redis holds all hot lists, or has lost them and is being filled again. Only what is whole is matched against.

The mark is set when an installation begins, without lists, and lives in Redis alone: whatever empties Redis takes it
along. A list that is loaded afterwards does not bring it back, for the other lists are still missing; the rebuild does,
when all are there.
"""

from __future__ import annotations

from datetime import UTC, datetime

from redis.asyncio import Redis
from redis.exceptions import RedisError

from streams.faults import ServiceAwayError

READY = "hl:ready"
"""The mark's key; the look-up script of `streams.hotlist_store` asks for it in each call."""

_SERVICE = "redis"


class Readiness:
    """The mark in Redis. Used by one event loop."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def is_ready(self) -> bool:
        """Whether all lists are there.

        Raises:
            ServiceAwayError: Redis does not answer.
        """
        try:
            return bool(await self._redis.exists(READY))
        except (RedisError, OSError) as error:
            raise ServiceAwayError(_SERVICE, str(error)) from error

    async def make_ready(self, now: datetime) -> None:
        """Say that all lists are there: called by whoever has just put all of them there.

        Raises:
            ServiceAwayError: Redis does not answer.
        """
        try:
            await self._redis.set(READY, f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
        except (RedisError, OSError) as error:
            raise ServiceAwayError(_SERVICE, str(error)) from error
