from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.delivery.address_guard import AddressGuard, NameLookup
from streams.delivery.faults import EndpointRefusedError
from streams.delivery.message import Answer, Verdict, judge
from streams.delivery.subscription import AuthKind, EndpointAuth
from streams.delivery.tls import verifying_context
from streams.delivery.transports import open_transport
from tests.builders import build_subscription
from tests.endpoint_servers import MESSAGE, Receiver, ScriptedLookup, delivery_settings, receiver, sealed

PUBLIC_ONLY: dict[str, Any] = {"private_networks": ()}


def by_name(taker: Receiver) -> str:
    return taker.url.replace("127.0.0.1", "cad.example")


async def send(url: str, lookup: ScriptedLookup | None = None, **settings: Any) -> Answer:
    async with open_transport(delivery_settings(**settings), lookup) as transport:
        return await transport.send(MESSAGE, build_subscription(url=url))


async def test_a_name_that_leads_to_an_allowed_address_is_delivered_to() -> None:
    async with receiver() as taker:
        assert (await send(by_name(taker), ScriptedLookup(cad_example=[["127.0.0.1"]]))).status == 204


async def test_a_name_that_leads_to_a_private_address_is_refused_for_good_and_nobody_is_connected_to() -> None:
    async with receiver() as taker:
        lookup = ScriptedLookup(cad_example=[["127.0.0.1"]])
        refused = await send(by_name(taker), lookup, **PUBLIC_ONLY)
        assert not taker.taken
    assert refused.refused_by_us
    assert "cad.example leads to 127.0.0.1, which is not a public address" in refused.fault
    assert judge(refused) is Verdict.REFUSED


@pytest.mark.parametrize("address", ["169.254.169.254", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "fd00:ec2::254", "::1"])
async def test_no_form_of_a_private_address_is_connected_to(address: str) -> None:
    refused = await send("http://cad.example/", ScriptedLookup(cad_example=[[address]]), **PUBLIC_ONLY)
    assert refused.refused_by_us


async def test_a_name_whose_address_changes_after_it_was_taken_is_refused_when_it_is_connected_to() -> None:
    """DNS rebinding: the second lookup leads inside."""
    async with receiver() as inside:
        lookup = ScriptedLookup(cad_example=[["127.0.0.2"], ["127.0.0.1"]])
        settings = delivery_settings(private_networks=("127.0.0.2/32",), connect_timeout_s=1.0)
        async with open_transport(settings, lookup) as transport:
            subscription = build_subscription(url=by_name(inside))
            first = await transport.send(MESSAGE, subscription)
            # Nobody listens at the allowed address. What the subscriber changes makes a pool that asks again.
            second = await transport.send(MESSAGE, build_subscription(url=by_name(inside), version=2))
        assert not inside.taken
    assert not first.refused_by_us
    assert first.fault.endswith("refused the connection")
    assert second.refused_by_us
    assert lookup.asked == ["cad.example", "cad.example"]


async def test_the_address_that_was_judged_is_the_one_that_is_connected_to() -> None:
    async with receiver() as taker:
        lookup = ScriptedLookup(cad_example=[["127.0.0.1"], ["169.254.169.254"]])
        assert (await send(by_name(taker), lookup)).status == 204
    assert lookup.asked == ["cad.example"]


async def test_of_several_addresses_only_the_allowed_ones_are_connected_to() -> None:
    async with receiver() as taker:
        lookup = ScriptedLookup(cad_example=[["169.254.169.254", "10.0.0.1", "127.0.0.1"]])
        assert (await send(by_name(taker), lookup)).status == 204


async def test_an_address_in_a_url_that_no_check_has_seen_is_judged_at_its_socket() -> None:
    """aiohttp asks no resolver about addresses."""
    guard = AddressGuard(delivery_settings(**PUBLIC_ONLY), ScriptedLookup())
    async with (
        receiver() as taker,
        aiohttp.ClientSession(connector=guard.connector(limit=1, tls=verifying_context())) as session,
    ):
        for url in (taker.url, taker.url.replace("127.0.0.1", "[::ffff:127.0.0.1]")):
            with pytest.raises(EndpointRefusedError, match="is not a public address"):
                await session.post(url)
        assert not taker.taken


async def test_the_token_url_is_judged_as_well() -> None:
    async with receiver() as inside, receiver() as endpoint:
        lookup = ScriptedLookup(idp_example=[["127.0.0.1"]], cad_example=[["127.0.0.2"]])
        auth = EndpointAuth(
            kind=AuthKind.OAUTH2,
            username="platewatch",
            token_url=inside.url.replace("127.0.0.1", "idp.example"),
        )
        subscription = build_subscription(url=by_name(endpoint), auth=auth, sealed=sealed(auth="hunter2"))
        async with open_transport(delivery_settings(private_networks=("127.0.0.2/32",)), lookup) as transport:
            refused = await transport.send(MESSAGE, subscription)
        assert refused.refused_by_us
        assert "idp.example leads to 127.0.0.1" in refused.fault
        assert not inside.taken


@given(st.lists(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)), min_size=1, max_size=6))
async def test_whatever_a_lookup_gives_only_allowed_addresses_come_out(found: list[Any]) -> None:
    guard = AddressGuard(delivery_settings(**PUBLIC_ONLY), ScriptedLookup(cad_example=[[str(one) for one in found]]))
    alone = AddressGuard(delivery_settings(**PUBLIC_ONLY), ScriptedLookup())
    try:
        given_out = await guard.addresses("cad.example", 443)
    except EndpointRefusedError:
        given_out = []
    for address in found:
        try:
            allowed = await alone.addresses(str(address), 443) == [str(address)]
        except EndpointRefusedError:
            allowed = False
        assert (str(address) in given_out) == allowed


async def test_the_operating_system_is_asked_for_names_where_nothing_else_is_said() -> None:
    lookup = NameLookup()
    try:
        assert "127.0.0.1" in {result["host"] for result in await lookup.resolve("localhost", 80)}
        with pytest.raises(OSError, match=r".+"):
            await lookup.resolve("nowhere.invalid", 80)
    finally:
        await lookup.close()
