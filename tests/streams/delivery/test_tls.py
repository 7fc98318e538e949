from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from streams.delivery.faults import EndpointSetupError
from streams.delivery.message import Answer, Verdict, judge
from streams.delivery.subscription import AuthKind, EndpointAuth, Subscription
from streams.delivery.tls import show_certificate, verifying_context
from streams.delivery.transports import open_transport
from tests.builders import build_subscription
from tests.certificates import Authority, Issued, encrypted, self_signed
from tests.endpoint_servers import MESSAGE, ScriptedLookup, delivery_settings, raw_server, receiver, sealed

AUTHORITY = Authority()
CLIENTS = Authority("Clients")
SERVER = AUTHORITY.issue("cad.example", "127.0.0.1")
OURS = CLIENTS.issue("platewatch")


async def send(subscription: Subscription) -> Answer:
    lookup = ScriptedLookup(cad_example=[["127.0.0.1"]], cad_other=[["127.0.0.1"]])
    async with open_transport(delivery_settings(), lookup) as transport:
        return await transport.send(MESSAGE, subscription)


@pytest.mark.parametrize("host", ["127.0.0.1", "cad.example"])
async def test_an_authority_of_the_subscriber_s_own_is_trusted(host: str) -> None:
    async with receiver(tls=SERVER.server_context(), host=host) as taker:
        assert (await send(build_subscription(url=taker.url, ca_pem=AUTHORITY.pem))).status == 204


@pytest.mark.policy("KY-N.1")
@pytest.mark.parametrize(
    ("server", "host", "ca_pem", "fault"),
    [
        pytest.param(self_signed("cad.example"), "cad.example", "", "self-signed certificate", id="self-signed"),
        pytest.param(SERVER, "cad.example", "", "unable to get local issuer", id="unknown-authority"),
        pytest.param(SERVER, "cad.example", CLIENTS.pem, "unable to get local issuer", id="another-authority"),
        pytest.param(SERVER, "cad.other", AUTHORITY.pem, "Hostname mismatch", id="another-host"),
        pytest.param(
            AUTHORITY.issue("cad.example", ends_in=-timedelta(days=1)),
            "cad.example",
            AUTHORITY.pem,
            "certificate has expired",
            id="expired",
        ),
    ],
)
async def test_a_certificate_that_is_not_valid_is_told_as_such_and_gets_nothing(
    server: Issued, host: str, ca_pem: str, fault: str
) -> None:
    async with receiver(tls=server.server_context(), host=host) as taker:
        given = await send(build_subscription(url=taker.url, ca_pem=ca_pem))
        assert not taker.taken
    assert f"the certificate of {host}:" in given.fault
    assert f"is not valid: {fault}" in given.fault
    assert judge(given) is Verdict.AGAIN


async def test_a_server_that_speaks_no_tls_is_told_as_such() -> None:
    async with receiver() as taker:
        given = await send(build_subscription(url=taker.url.replace("http:", "https:")))
    assert "no TLS connection with 127.0.0.1:" in given.fault


@asynccontextmanager
async def careful_server(context: ssl.SSLContext) -> AsyncIterator[str]:
    """Sends the alert of a handshake that failed, as asyncio's servers do not; gives its URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    serving = asyncio.create_task(asyncio.to_thread(_refuse_one, listener, context))
    yield f"https://127.0.0.1:{listener.getsockname()[1]}/alerts"
    await serving


def _refuse_one(listener: socket.socket, context: ssl.SSLContext) -> None:
    with listener, listener.accept()[0] as taken:
        taken.settimeout(10)
        with pytest.raises(ssl.SSLError), context.wrap_socket(taken, server_side=True):
            pass


async def test_an_obsolete_version_of_tls_is_not_spoken() -> None:
    context = SERVER.server_context()
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    async with careful_server(context) as url:
        given = await send(build_subscription(url=url, ca_pem=AUTHORITY.pem))
    assert "no TLS connection with 127.0.0.1:" in given.fault
    assert "protocol version" in given.fault


def mutual(url: str, certificate: str, key: str) -> Subscription:
    auth = EndpointAuth(kind=AuthKind.MUTUAL_TLS, certificate_pem=certificate)
    return build_subscription(url=url, ca_pem=AUTHORITY.pem, auth=auth, sealed=sealed(auth=key))


async def test_who_wants_our_certificate_gets_it() -> None:
    async with receiver(tls=SERVER.server_context(CLIENTS.pem)) as taker:
        assert (await send(mutual(taker.url, OURS.certificate, OURS.key))).status == 204


@pytest.mark.parametrize("ours", [None, AUTHORITY.issue("platewatch")], ids=["none", "of-another-authority"])
async def test_who_wants_another_certificate_than_ours_is_told_as_such(ours: Issued | None) -> None:
    async with careful_server(SERVER.server_context(CLIENTS.pem)) as url:
        if ours is None:
            given = await send(build_subscription(url=url, ca_pem=AUTHORITY.pem))
        else:
            given = await send(mutual(url, ours.certificate, ours.key))
    assert "it does not take us without another certificate of ours" in given.fault


async def test_who_breaks_off_because_of_our_certificate_is_no_answer() -> None:
    async with receiver(tls=SERVER.server_context(CLIENTS.pem)) as taker:
        given = await send(build_subscription(url=taker.url, ca_pem=AUTHORITY.pem))
        assert not taker.taken
    assert "broke the connection off before it answered" in given.fault
    assert judge(given) is Verdict.AGAIN


@pytest.mark.parametrize(
    ("certificate", "key"),
    [
        pytest.param(OURS.certificate, CLIENTS.issue("platewatch").key, id="of-different-pairs"),
        pytest.param(OURS.certificate, "", id="no-key"),
        pytest.param("", OURS.key, id="no-certificate"),
        pytest.param("hunter2", "hunter2", id="no-pem"),
    ],
)
async def test_a_certificate_and_key_that_cannot_be_used_are_told_as_such(certificate: str, key: str) -> None:
    given = await send(mutual("https://cad.example/", certificate, key))
    assert "the certificate and key of mutual-tls cannot be used" in given.fault
    assert "hunter2" not in given.fault
    assert judge(given) is Verdict.AGAIN


def test_an_encrypted_key_is_refused_without_asking_for_its_passphrase() -> None:
    with pytest.raises(EndpointSetupError, match="without a passphrase"):
        show_certificate(verifying_context(), OURS.certificate, encrypted(OURS.key, "hunter2"))


def test_our_key_leaves_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    show_certificate(verifying_context(), OURS.certificate, OURS.key)
    with pytest.raises(EndpointSetupError):
        show_certificate(verifying_context(), OURS.certificate, "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ca_pem", ["hunter2", "é", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_an_authority_that_is_no_certificate_is_refused(ca_pem: str) -> None:
    with pytest.raises(EndpointSetupError, match="ca_pem holds no certificate") as refused:
        verifying_context(ca_pem)
    assert "hunter2" not in str(refused.value)


async def test_a_server_that_closes_during_the_handshake_is_not_taken_for_an_answer() -> None:
    async def hang_up(reader: object, writer: object) -> None:
        return

    async with raw_server(hang_up) as url:
        given = await send(build_subscription(url=url.replace("http:", "https:")))
    assert "closed the connection before it was set up" in given.fault
    assert judge(given) is Verdict.AGAIN
