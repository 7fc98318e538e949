"""Redis' own errors, as those of this package."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from redis.exceptions import BusyLoadingError, ConnectionError, ReadOnlyError, RedisError, TimeoutError  # noqa: A004

from streams.faults import ServiceAwayError, UnhandledError

SERVICE = "redis"


@contextmanager
def redis_errors() -> Iterator[None]:
    """Tell a Redis that is away from one that refuses what it was asked.

    Raises:
        ServiceAwayError: it does not answer, is still loading its data, or is a replica that takes no writes.
        UnhandledError: it refuses; asking again will not help.
    """
    try:
        yield
    except (ConnectionError, TimeoutError, BusyLoadingError, ReadOnlyError, OSError) as error:
        raise ServiceAwayError(SERVICE, str(error)) from error
    except RedisError as error:
        msg = f"Redis refuses: {error}"
        raise UnhandledError(msg) from error
