from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from infra.health import CommitWatch, HealthChecks, PortTakenError, build_health_app, serve_health

HERE = ("pw.frames", 0)
THERE = ("pw.frames", 1)


def well() -> str | None:
    return None


@pytest.mark.parametrize(
    ("observed", "stuck"),
    [
        pytest.param([(0, 5, 10)], False, id="seen-for-the-first-time"),
        pytest.param([(0, 5, 10), (61, 5, 10)], True, id="stands-still-while-messages-wait"),
        pytest.param([(0, 5, 10), (60, 5, 10)], False, id="not-yet-for-too-long"),
        pytest.param([(0, 5, 10), (50, 6, 10), (100, 6, 12)], False, id="moved-in-between"),
        pytest.param([(0, 10, 10), (500, 10, 10)], False, id="nothing-waits"),
        pytest.param([(0, 10, 10), (500, 10, 10), (501, 10, 11)], False, id="the-first-message-in-a-long-time"),
        pytest.param([(0, 10, 10), (500, 10, 10), (501, 10, 11), (562, 10, 11)], True, id="and-then-it-stands"),
        pytest.param([(0, 5, 10), (61, 5, 10), (62, 6, 10)], False, id="moves-again"),
    ],
)
def test_a_worker_is_stuck_when_messages_wait_for_too_long_without_a_commit(
    observed: list[tuple[float, int, int]], stuck: bool
) -> None:
    watch = CommitWatch(60)
    said = [watch.stuck({HERE: at}, {HERE: end}, now_s) for now_s, at, end in observed]
    assert (said[-1] is not None) is stuck


def test_it_says_which_partition_stands_where() -> None:
    watch = CommitWatch(60)
    for now_s in (0.0, 61.0):
        said = watch.stuck({HERE: 5, THERE: 10}, {HERE: 10, THERE: 10}, now_s)
    assert said == "pw.frames[0] stands at 5 of 10 for 61 s"


def test_one_partition_that_stands_is_enough_though_another_moves() -> None:
    watch = CommitWatch(60)
    assert watch.stuck({HERE: 5, THERE: 5}, {HERE: 10, THERE: 100}, 0) is None
    assert watch.stuck({HERE: 5, THERE: 50}, {HERE: 10, THERE: 100}, 61)


def test_a_partition_that_was_away_and_comes_back_starts_anew() -> None:
    watch = CommitWatch(60)
    assert watch.stuck({HERE: 5}, {HERE: 10}, 0) is None
    assert watch.stuck({}, {}, 30) is None
    assert watch.stuck({HERE: 5}, {HERE: 10}, 300) is None
    assert watch.stuck({HERE: 5}, {HERE: 10}, 361)


@asynccontextmanager
async def served(checks: HealthChecks) -> AsyncIterator[str]:
    runner = web.AppRunner(build_health_app(checks))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield "http://{}:{}".format(*runner.addresses[0][:2])
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("path", "checks", "status", "text"),
    [
        pytest.param("/livez", HealthChecks(well, lambda: "waiting for redis"), 200, "ok\n", id="live"),
        pytest.param("/livez", HealthChecks(lambda: "stands", well), 503, "stands\n", id="not-live"),
        pytest.param("/readyz", HealthChecks(lambda: "stands", well), 200, "ok\n", id="ready"),
        pytest.param(
            "/readyz", HealthChecks(well, lambda: "waiting for redis"), 503, "waiting for redis\n", id="waits"
        ),
    ],
)
async def test_liveness_and_readiness_are_answered_each_for_itself(
    path: str, checks: HealthChecks, status: int, text: str
) -> None:
    async with served(checks) as url, aiohttp.ClientSession() as session, session.get(url + path) as answer:
        assert (answer.status, await answer.text()) == (status, text)


async def test_metrics_are_told_in_prometheus_format() -> None:
    async with (
        served(HealthChecks(well, well)) as url,
        aiohttp.ClientSession() as session,
        session.get(url + "/metrics") as answer,
    ):
        assert answer.status == 200
        assert answer.content_type == "text/plain"
        assert "# TYPE platewatch_messages_handled_total counter" in await answer.text()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_the_endpoints_are_served_until_the_resources_are_closed() -> None:
    port = free_port()
    async with aiohttp.ClientSession() as session:
        async with AsyncExitStack() as resources:
            await serve_health(HealthChecks(well, well), "127.0.0.1", port, resources)
            async with session.get(f"http://127.0.0.1:{port}/livez") as answer:
                assert answer.status == 200
        with pytest.raises(aiohttp.ClientError):
            await session.get(f"http://127.0.0.1:{port}/livez")


async def test_a_port_in_use_is_told_with_the_setting_to_change() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        async with AsyncExitStack() as resources:
            with pytest.raises(PortTakenError, match=rf"port {port} .* is in use; .* workers\.first_port"):
                await serve_health(HealthChecks(well, well), "127.0.0.1", port, resources)


async def test_an_address_that_is_not_ours_is_not_called_a_port_in_use() -> None:
    async with AsyncExitStack() as resources:
        # TEST-NET-1 of RFC 5737: no machine has it.
        with pytest.raises(PortTakenError, match=r"192\.0\.2\.1.*workers\.host") as raised:
            await serve_health(HealthChecks(well, well), "192.0.2.1", 0, resources)
    assert "in use" not in str(raised.value)
