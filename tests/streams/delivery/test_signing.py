from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from streams.delivery.faults import EndpointSetupError
from streams.delivery.message import OutgoingMessage, Payload
from streams.delivery.signing import Signer, check_secret, new_secret
from tests.signature_vectors import VECTORS, Vector


def message(body: bytes = b"{}", message_id: str = "alert-1_3") -> OutgoingMessage:
    return OutgoingMessage(message_id, Payload("application/json", body))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_signatures_are_those_of_the_vectors(vector: Vector) -> None:
    at = datetime.fromtimestamp(vector.timestamp, UTC) + timedelta(milliseconds=700)
    headers = Signer([vector.secret]).headers(message(vector.body.encode(), vector.id), at)
    assert headers == {
        "webhook-id": vector.id,
        "webhook-timestamp": str(vector.timestamp),
        "webhook-signature": vector.signature,
    }


@given(st.text(), st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1))
def test_the_reference_package_verifies_what_we_sign_whichever_live_secret_it_knows(body: str, name: str) -> None:
    secrets = [new_secret(), new_secret()]
    headers = Signer(secrets).headers(message(body.encode(), name), datetime.now(UTC))
    for secret in secrets:
        Webhook(secret).verify(body, headers, json_parse=False)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(body, headers, json_parse=False)


@pytest.mark.parametrize("changed", ["body", "webhook-id", "webhook-timestamp"])
def test_a_signature_covers_body_id_and_time(changed: str) -> None:
    secret = new_secret()
    now = datetime.now(UTC)  # not of when the tests began: what is minutes old is refused for that
    headers = Signer([secret]).headers(message(b'{"state":"verified"}'), now)
    body = '{"state":"dispatched"}' if changed == "body" else '{"state":"verified"}'
    other = {"webhook-id": "alert-1_4", "webhook-timestamp": str(int(now.timestamp()) + 1)}.get(changed)
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Webhook(secret).verify(body, headers | ({changed: other} if other else {}))


def test_two_secrets_give_two_signatures_with_a_blank_between_the_newest_first() -> None:
    new, old = new_secret(), new_secret()
    now = datetime.now(UTC)
    both = Signer([new, old]).headers(message(), now)["webhook-signature"].split(" ")
    assert both == [Signer([secret]).headers(message(), now)["webhook-signature"] for secret in (new, old)]


def test_a_new_secret_is_32_random_bytes() -> None:
    secrets = {new_secret() for _ in range(100)}
    assert len(secrets) == 100
    for secret in secrets:
        check_secret(secret)
        assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32


@pytest.mark.parametrize(
    "secret",
    [
        pytest.param("", id="empty"),
        pytest.param("hunter2", id="no-prefix"),
        pytest.param(base64.b64encode(bytes(32)).decode(), id="prefix-left-out"),
        pytest.param("whsec_hunter2hunter2hunter2hunter2*", id="not-base64"),
        pytest.param("whsec_" + base64.b64encode(bytes(23)).decode(), id="too-short"),
        pytest.param("whsec_" + base64.b64encode(bytes(65)).decode(), id="too-long"),
        pytest.param("whsec_é", id="not-ascii"),
        pytest.param("whsk_" + base64.b64encode(bytes(32)).decode(), id="of-another-kind"),
    ],
)
def test_what_is_no_signing_secret_is_refused_without_repeating_it(secret: str) -> None:
    with pytest.raises(EndpointSetupError, match="24 to 64 bytes in base64") as refused:
        Signer([secret])
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("length", [24, 32, 64])
def test_every_length_that_the_specification_takes_is_taken(length: int) -> None:
    check_secret("whsec_" + base64.b64encode(bytes(length)).decode())
