"""A Redis that is away is waited for; one that refuses is not."""

from __future__ import annotations

import pytest
from redis.exceptions import (
    BusyLoadingError,
    ConnectionError,  # noqa: A004
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
    TimeoutError,  # noqa: A004
)

from streams.faults import ServiceAwayError, StreamError, UnhandledError
from streams.redis_faults import redis_errors


@pytest.mark.parametrize(
    ("error", "told_as"),
    [
        pytest.param(ConnectionError("gone"), ServiceAwayError, id="does-not-answer"),
        pytest.param(TimeoutError("slow"), ServiceAwayError, id="answers-too-late"),
        pytest.param(BusyLoadingError("loading"), ServiceAwayError, id="still-reads-its-file"),
        pytest.param(ReadOnlyError("replica"), ServiceAwayError, id="became-a-replica"),
        pytest.param(OSError("no route"), ServiceAwayError, id="network"),
        pytest.param(ResponseError("WRONGTYPE"), UnhandledError, id="refuses"),
        pytest.param(OutOfMemoryError("full"), UnhandledError, id="is-full"),
    ],
)
def test_errors_of_the_client_do_not_cross_the_border(error: Exception, told_as: type[StreamError]) -> None:
    with pytest.raises(told_as, match=str(error)) as raised, redis_errors():
        raise error
    assert raised.value.__cause__ is error


def test_errors_that_are_not_redis_s_pass() -> None:
    with pytest.raises(KeyError), redis_errors():
        raise KeyError
