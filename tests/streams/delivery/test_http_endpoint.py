from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from standardwebhooks import Webhook

from streams.delivery.message import Answer, OutgoingMessage, Payload, Verdict, judge
from streams.delivery.signing import new_secret
from streams.delivery.subscription import Subscription
from streams.delivery.transports import open_transport
from tests.builders import build_subscription
from tests.endpoint_servers import MESSAGE, accept, answer, delivery_settings, raw_server, receiver, sealed

SECRET = new_secret()


async def send(subscription: Subscription, message: OutgoingMessage = MESSAGE, **settings: Any) -> Answer:
    async with open_transport(delivery_settings(**settings)) as transport:
        return await transport.send(message, subscription)


async def test_the_receiver_gets_the_body_as_it_is_signed_over_it_and_told_who_sends_it() -> None:
    async with receiver() as taker:
        given = await send(build_subscription(url=taker.url + "?agency=7", sealed=sealed(signing=SECRET)))
    assert given.status == 204
    assert given.seconds > 0
    (taken,) = taker.taken
    assert taken.path == "/alerts?agency=7"
    assert taken.body == MESSAGE.payload.body
    assert taken.headers["content-type"] == "application/cloudevents+json"
    assert taken.headers["user-agent"].startswith("platewatch/")
    assert taken.headers["webhook-id"] == MESSAGE.id
    assert abs(int(taken.headers["webhook-timestamp"]) - time.time()) < 60
    Webhook(SECRET).verify(taken.body, taken.headers)


async def test_while_a_receiver_changes_over_both_secrets_verify() -> None:
    before = new_secret()
    async with receiver() as taker:
        await send(build_subscription(url=taker.url, sealed=sealed(signing=SECRET, signing_before=before)))
    (taken,) = taker.taken
    for secret in (SECRET, before):
        Webhook(secret).verify(taken.body, taken.headers)
    assert len(taken.headers["webhook-signature"].split(" ")) == 2


async def test_a_subscription_without_secret_is_sent_without_signature() -> None:
    async with receiver() as taker:
        await send(build_subscription(url=taker.url))
    assert "webhook-signature" not in taker.taken[0].headers
    assert taker.taken[0].headers["webhook-id"] == MESSAGE.id


async def test_messages_one_after_the_other_share_a_connection() -> None:
    async with receiver() as taker, open_transport(delivery_settings()) as transport:
        for _ in range(5):
            await transport.send(MESSAGE, build_subscription(url=taker.url))
    assert len({taken.connection for taken in taker.taken}) == 1


async def test_no_more_connections_are_opened_than_requests_may_be_under_way() -> None:
    async with receiver() as taker, open_transport(delivery_settings()) as transport:
        subscription = build_subscription(url=taker.url, concurrency=3)
        await asyncio.gather(*(transport.send(MESSAGE, subscription) for _ in range(30)))
    assert len(taker.taken) == 30
    assert len({taken.connection for taken in taker.taken}) <= 3


async def test_a_changed_subscription_is_sent_to_its_new_url_even_by_who_still_holds_the_old_version() -> None:
    async with receiver() as old, receiver() as new, open_transport(delivery_settings()) as transport:
        first = build_subscription(url=old.url)
        second = build_subscription(url=new.url, version=2)
        for subscription in (first, second, first):
            await transport.send(MESSAGE, subscription)
        assert (len(old.taken), len(new.taken)) == (1, 2)


async def test_a_subscription_made_again_under_an_old_name_is_sent_to_its_own_url() -> None:
    async with receiver() as old, receiver() as new, open_transport(delivery_settings()) as transport:
        removed = build_subscription(url=old.url, version=7)
        again = build_subscription(url=new.url, version=1, created_at=removed.created_at + timedelta(hours=1))
        await transport.send(MESSAGE, removed)
        await transport.send(MESSAGE, again)
        assert (len(old.taken), len(new.taken)) == (1, 1)


async def test_what_is_under_way_when_the_subscription_changes_or_goes_still_gets_its_answer() -> None:
    release = asyncio.Event()

    async def wait(_: web.Request) -> web.StreamResponse:
        await release.wait()
        return web.Response(status=200)

    async with receiver(wait) as slow, receiver() as other, open_transport(delivery_settings()) as transport:
        under_way = asyncio.create_task(transport.send(MESSAGE, build_subscription(url=slow.url)))
        await slow.came.wait()
        await transport.send(MESSAGE, build_subscription(url=other.url, version=2))
        await transport.forget("metro-cad")
        release.set()
        assert (await under_way).status == 200


async def test_a_forgotten_subscriber_s_connections_are_closed() -> None:
    closed = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b'"ABC123"}')
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        assert await reader.read() == b""
        closed.set()

    async with raw_server(serve) as url, open_transport(delivery_settings()) as transport:
        assert (await transport.send(MESSAGE, build_subscription(url=url))).status == 204
        await transport.forget("metro-cad")
        async with asyncio.timeout(10):
            await closed.wait()


@pytest.mark.parametrize("status", [200, 202, 301, 307, 400, 401, 404, 410, 500, 503])
async def test_a_status_is_told_as_it_is(status: int) -> None:
    async with receiver(answer(status)) as taker:
        given = await send(build_subscription(url=taker.url))
        assert (given.status, given.fault, given.refused_by_us) == (status, "", False)
        assert len(taker.taken) == 1


async def test_a_redirect_to_a_metadata_address_is_not_followed_and_not_tried_again() -> None:
    async with receiver(answer(302, Location="http://169.254.169.254/latest/meta-data/")) as taker:
        given = await send(build_subscription(url=taker.url))
        assert given.status == 302
        assert judge(given) is Verdict.REFUSED
        assert len(taker.taken) == 1


async def test_a_redirect_within_the_endpoint_is_not_followed_either() -> None:
    async with receiver(answer(307, Location="/elsewhere")) as taker:
        assert (await send(build_subscription(url=taker.url))).status == 307
        assert [taken.path for taken in taker.taken] == ["/alerts"]


async def test_the_wait_that_is_asked_for_is_told() -> None:
    async with receiver(answer(429, Retry_After="17")) as taker:
        assert (await send(build_subscription(url=taker.url))).retry_after_s == 17.0


async def test_an_endpoint_that_hangs_is_given_up_in_time() -> None:
    async def hang(_: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    async with receiver(hang) as taker:
        given = await send(build_subscription(url=taker.url), timeout_s=0.2)
    assert given.status is None
    assert "gave no answer within 0.2 s" in given.fault
    assert judge(given) is Verdict.AGAIN


async def test_an_answer_that_drips_for_ever_is_given_up_in_time() -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b".")
            await asyncio.sleep(0.01)

    async with receiver(drip) as taker:
        given = await send(build_subscription(url=taker.url), timeout_s=0.3)
    assert "gave no answer within 0.3 s" in given.fault


async def test_of_an_answer_of_ten_megabytes_the_rest_is_cut_off_and_the_message_counts_as_taken() -> None:
    written = 0

    async def flood(request: web.Request) -> web.StreamResponse:
        nonlocal written
        response = web.StreamResponse(headers={"Content-Length": str(10 * 2**20)})
        await response.prepare(request)
        for _ in range(160):
            await response.write(bytes(2**16))
            written += 2**16
        return response

    async with receiver(flood) as taker, open_transport(delivery_settings()) as transport:
        given = await transport.send(MESSAGE, build_subscription(url=taker.url))
        assert given.status == 200
        assert judge(given) is Verdict.DELIVERED
        # The next one goes over another connection, and is not confused by what was left of the answer.
        taker.respond = accept
        assert (await transport.send(MESSAGE, build_subscription(url=taker.url))).status == 204
    assert written < 10 * 2**20


async def test_an_answer_closed_half_way_is_no_answer() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b'"ABC123"}')
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + b"x" * 50)

    async with raw_server(serve) as url:
        given = await send(build_subscription(url=url))
    assert given.status is None
    assert "closed the connection in the middle of its answer" in given.fault
    assert judge(given) is Verdict.AGAIN


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        pytest.param(b"", "closed the connection before it answered", id="nothing"),
        pytest.param(b"HTTP/1.1 200 OK\r\nConte", "closed the connection before it answered", id="half-a-header"),
        pytest.param(b"SSH-2.0-OpenSSH_9.6\r\n", "is not HTTP/1.1", id="another-protocol"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 20_000 + b"\r\n\r\n", "is not HTTP/1.1", id="endless-header"),
    ],
)
async def test_what_is_no_answer_is_told_apart(written: bytes, fault: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b'"ABC123"}')
        writer.write(written)

    async with raw_server(serve) as url:
        given = await send(build_subscription(url=url))
    assert fault in given.fault
    assert judge(given) is Verdict.AGAIN


async def test_nobody_there_is_told_without_what_is_secret_in_the_url() -> None:
    async with receiver() as taker:
        url = taker.url
    given = await send(build_subscription(url=url + "/T0KEN?key=hunter2"))
    assert given.fault.endswith("refused the connection")
    assert "T0KEN" not in given.fault
    assert "hunter2" not in given.fault
    assert judge(given) is Verdict.AGAIN


async def test_a_name_that_does_not_exist_is_worth_another_try() -> None:
    given = await send(build_subscription(url="https://nowhere.invalid/alerts"))
    assert "the host of nowhere.invalid:443 cannot be found" in given.fault
    assert judge(given) is Verdict.AGAIN


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        pytest.param({"sealing_key": None}, "platewatch webhook key", id="no-key"),
        pytest.param({"sealing_key": "A" * 43 + "="}, "sealed with another key", id="another-key"),
    ],
)
async def test_without_the_sealing_key_nothing_is_lost_and_the_answer_says_what_to_do(
    settings: dict[str, Any], word: str
) -> None:
    async with receiver() as taker:
        given = await send(build_subscription(url=taker.url, sealed=sealed(signing=SECRET)), **settings)
    assert word in given.fault
    assert judge(given) is Verdict.AGAIN
    assert not taker.taken


async def test_a_body_in_other_scripts_is_signed_over_its_bytes() -> None:
    message = OutgoingMessage("alert-2_1", Payload("text/plain; charset=utf-8", "Überholspur ŻÓŁW".encode()))
    async with receiver() as taker:
        await send(build_subscription(url=taker.url, sealed=sealed(signing=SECRET)), message)
    Webhook(SECRET).verify(taker.taken[0].body, taker.taken[0].headers, json_parse=False)
