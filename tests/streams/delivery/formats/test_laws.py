"""What holds of every format, whatever happened to the alert."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.delivery.formats.catalogue import format_alert
from streams.delivery.formats.wording import NOTICE, PURPOSE_NOTICES
from streams.delivery.subscription import AlertFormat, SecretName, Subscription
from streams.records import Alert, AlertEvent, AlertPurpose, Category, SeenAttribute, SeenVehicle, VehicleDescription
from tests.alert_samples import CONTEXT, every_life, life_id, sample_alert, sample_hit
from tests.builders import build_alert, build_detection, build_hit, build_match, build_subscription

TEMPLATE = """\
{"title": {{ headline|tojson }}, "notes": [{{ notice|tojson }}, {{ purpose_notice|tojson }}, \
{{ wanted.instructions|tojson }}, {{ vehicle_comparison|tojson }}], "sounds": {{ sounds|tojson }}}
"""


def subscription_for(alert_format: AlertFormat) -> Subscription:
    sealed = {SecretName.SIGNING: "sealed-signing-secret", SecretName.AUTH: "sealed-password"}
    return build_subscription(format=alert_format, template=TEMPLATE, sealed=sealed)


def texts_of(alert: Alert, alert_format: AlertFormat) -> str:
    """All that the message says, as its receiver reads it, without what the wire escapes."""
    payload = format_alert(alert, subscription_for(alert_format), CONTEXT)
    if alert_format is AlertFormat.CAP:
        return "\n".join(text for text in ElementTree.fromstring(payload.body).itertext() if text)
    return "\n".join(_strings(json.loads(payload.body)))


def _strings(content: Any) -> Iterator[str]:
    if isinstance(content, dict):
        for value in content.values():
            yield from _strings(value)
    elif isinstance(content, list):
        for value in content:
            yield from _strings(value)
    elif content is not None:
        yield str(content)


def title_of(alert: Alert, alert_format: AlertFormat) -> str:
    """What a person reads first."""
    body = format_alert(alert, subscription_for(alert_format), CONTEXT).body
    if alert_format is AlertFormat.CAP:
        return ElementTree.fromstring(body).findtext("{*}info/{*}headline") or ""
    message = json.loads(body)
    title = {
        AlertFormat.CLOUDEVENTS: lambda: message["data"]["headline"],
        AlertFormat.EIDO: lambda: message["incidentComponent"]["incidentTypeInternalText"],
        AlertFormat.SLACK: lambda: message["blocks"][0]["text"]["text"],
        AlertFormat.TEAMS: lambda: message["attachments"][0]["content"]["body"][0]["inlines"][0]["text"],
        AlertFormat.TEMPLATE: lambda: message["title"],
    }[alert_format]()
    assert isinstance(title, str)
    return title


@pytest.mark.policy("KY-H.2")
@pytest.mark.parametrize("alert_format", AlertFormat)
@pytest.mark.parametrize("alert", every_life(), ids=life_id)
def test_an_alert_that_nobody_verified_says_that_it_is_no_ground_for_a_stop(
    alert: Alert, alert_format: AlertFormat
) -> None:
    assert (NOTICE in texts_of(alert, alert_format)) == (not alert.is_verified)


def test_the_lives_that_the_laws_are_tried_on_hold_verified_and_unverified_ones_in_every_event() -> None:
    lives = every_life()
    assert {alert.steps[-1].event for alert in lives} == set(AlertEvent)
    assert {alert.is_verified for alert in lives} == {True, False}


@pytest.mark.parametrize("alert_format", AlertFormat)
@pytest.mark.parametrize("alert", every_life(), ids=life_id)
def test_exercises_and_tests_are_marked_in_title_and_text_and_never_sound(
    alert: Alert, alert_format: AlertFormat
) -> None:
    title, text = title_of(alert, alert_format), texts_of(alert, alert_format)
    for purpose in (AlertPurpose.EXERCISE, AlertPurpose.TEST):
        marked = alert.purpose is purpose
        assert title.startswith(f"{purpose.upper()}: ") == marked
        assert (PURPOSE_NOTICES[purpose] in text) == marked
    assert "never sounds" in PURPOSE_NOTICES[AlertPurpose.EXERCISE]
    assert "never sounds" in PURPOSE_NOTICES[AlertPurpose.TEST]


@pytest.mark.policy("KY-J.4")
@pytest.mark.parametrize("alert_format", AlertFormat)
def test_an_entry_s_instructions_travel_with_every_alert(alert_format: AlertFormat) -> None:
    hit = sample_hit(instructions='stop only with "probable cause" & ID <occupants>')
    assert 'stop only with "probable cause"' in _unescaped(texts_of(sample_alert(hit=hit), alert_format))


def _unescaped(text: str) -> str:
    # EIDO's notes are HTML.
    return text.replace("&quot;", '"')


@pytest.mark.policy("KY-J.3")
@pytest.mark.parametrize("alert_format", AlertFormat)
def test_a_stolen_plate_shows_the_vehicle_that_it_belongs_to_against_the_one_seen(alert_format: AlertFormat) -> None:
    alert = sample_alert(hit=sample_hit(category=Category.STOLEN_PLATE))
    words = "The plate belongs to: BLK 2014 TOYT CAM. Seen: WHITE FORD."
    assert words in texts_of(alert, alert_format)


@pytest.mark.policy("KY-J.3")
@pytest.mark.parametrize(
    ("wanted", "seen", "words"),
    [
        (None, None, "The plate belongs to: not described. Seen: not described."),
        (VehicleDescription(make="FORD", marks="roof rack"), None, "to: FORD, roof rack. Seen: not described."),
        (None, SeenVehicle(color=SeenAttribute("RED", 0.7)), "to: not described. Seen: RED."),
    ],
    ids=["neither", "entry-only", "camera-only"],
)
@pytest.mark.parametrize("alert_format", AlertFormat)
def test_a_stolen_plate_says_too_where_a_vehicle_is_not_described(
    wanted: VehicleDescription | None, seen: SeenVehicle | None, words: str, alert_format: AlertFormat
) -> None:
    hit = sample_hit(category=Category.STOLEN_PLATE, vehicle=wanted)
    match = msgspec.structs.replace(hit.match, detection=msgspec.structs.replace(hit.match.detection, vehicle=seen))
    assert words in texts_of(sample_alert(hit=msgspec.structs.replace(hit, match=match)), alert_format)


@pytest.mark.parametrize("alert_format", AlertFormat)
def test_no_format_reveals_secrets_or_the_lattice(alert_format: AlertFormat) -> None:
    lattice = ({"Q": 0.314159},)
    alert = build_alert(hit=build_hit(match=build_match(detection=build_detection(lattice=lattice))))
    body = format_alert(alert, subscription_for(alert_format), CONTEXT).body
    for secret in (b"sealed-", b"lattice", b"0.314159", b"cad.example"):
        assert secret not in body


@pytest.mark.parametrize("alert_format", AlertFormat)
def test_the_same_revision_gives_the_same_message_at_every_try(alert_format: AlertFormat) -> None:
    subscription, alert = subscription_for(alert_format), sample_alert()
    assert format_alert(alert, subscription, CONTEXT) == format_alert(alert, subscription, CONTEXT)


@pytest.mark.parametrize("alert_format", AlertFormat)
@given(words=st.text(max_size=40))
def test_whatever_a_person_wrote_the_message_stays_well_formed(alert_format: AlertFormat, words: str) -> None:
    hit = sample_hit(instructions=words, reason=words, case_number=words, vehicle=VehicleDescription(marks=words))
    assert NOTICE in texts_of(sample_alert(hit=hit), alert_format)


@pytest.mark.parametrize("alert_format", AlertFormat)
def test_an_alert_of_which_little_is_known_can_be_told(alert_format: AlertFormat) -> None:
    detection = build_detection(location=None, vehicle=None, state=None)
    alert = build_alert(hit=build_hit(match=build_match(detection=detection)))
    assert "STOLEN VEHICLE  ABC123" in title_of(alert, alert_format)
