"""Whether Redis holds all hot lists as they should be, or has lost some and is being filled again.

The mark is set when an installation begins, without lists, and lives in Redis alone: whatever empties Redis takes it
along. A list that is loaded afterwards does not bring it back, for the other lists are still missing; the rebuild does,
when all are there. It also names the server process that was filled: one that started from a snapshot, or a replica
that took over, has a mark of old, and lists of old with it. So the look-up takes no mark of another process for one;
only that of a beginning names none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from redis.asyncio import Redis

from streams.hotlist_keys import READY
from streams.redis_faults import redis_errors

_REBUILD = "hl:rebuild"

_FINISH = """
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('DEL', KEYS[2])
return 1
"""


@dataclass(frozen=True, slots=True)
class Rebuild:
    """A rebuild that has begun, and the server process that it fills."""

    token: str
    server: str


class Readiness:
    """The mark in Redis. Used by one event loop."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._finish = redis.register_script(_FINISH)

    async def is_ready(self) -> bool:
        """Whether all lists are there, put there while this very server ran.

        Raises:
            ServiceAwayError: Redis does not answer.
        """
        with redis_errors():
            mark = await self._redis.get(READY)
            return mark is not None and _text(mark).endswith(f" {await self._server()}")

    async def begin_rebuild(self) -> Rebuild:
        """Note that all lists are being put there; what empties Redis in the middle takes the note along.

        Raises:
            ServiceAwayError: Redis does not answer.
        """
        with redis_errors():
            rebuild = Rebuild(uuid4().hex, await self._server())
            await self._redis.set(_REBUILD, rebuild.token)
        return rebuild

    async def finish_rebuild(self, rebuild: Rebuild, now: datetime) -> bool:
        """Say that all lists are there, unless Redis was emptied since the rebuild began; then it begins anew.

        Raises:
            ServiceAwayError: Redis does not answer.
        """
        mark = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ} {rebuild.server}"
        with redis_errors():
            return bool(await self._finish(keys=[READY, _REBUILD], args=[rebuild.token, mark]))

    async def _server(self) -> str:
        return str((await self._redis.info("server"))["run_id"])


def _text(reply: bytes | str) -> str:
    return reply.decode() if isinstance(reply, bytes) else reply
