"""CAP 1.2: what the specification says of a message, and that it claims no more than people found out."""

from __future__ import annotations

import base64
import dataclasses
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest
import xmlschema

from streams.delivery.formats.cap import as_cap
from streams.delivery.subscription import AlertChoice, delivery_id
from streams.records import Alert, AlertEvent, AlertPurpose, AlertState, Outcome
from tests.alert_samples import CONTEXT, every_life, life_id, sample_alert, sample_hit
from tests.builders import build_subscription, moment

SCHEMA = xmlschema.XMLSchema(Path(__file__).with_name("cap.xsd"))
ALL = build_subscription(choice=AlertChoice(events=tuple(AlertEvent), outcomes=tuple(Outcome)))


def message_of(alert: Alert, subscription: Any = ALL, **context: Any) -> ElementTree.Element:
    body = as_cap(alert, subscription, dataclasses.replace(CONTEXT, **context)).body
    SCHEMA.validate(body.decode())
    return ElementTree.fromstring(body)


def text(message: ElementTree.Element, path: str) -> str | None:
    return message.findtext("/".join(f"{{*}}{step}" for step in path.split("/")))


@pytest.mark.parametrize("alert", every_life(), ids=life_id)
def test_every_message_is_one_by_the_specification(alert: Alert) -> None:
    message = message_of(alert)
    status = {AlertPurpose.ACTUAL: "Actual", AlertPurpose.EXERCISE: "Exercise", AlertPurpose.TEST: "Test"}
    assert text(message, "status") == status[alert.purpose]
    assert text(message, "scope") == "Restricted"
    assert text(message, "restriction")
    assert (text(message, "note") is None) == (alert.purpose is AlertPurpose.ACTUAL)


def test_the_schema_refuses_what_the_specification_forbids() -> None:
    body = as_cap(sample_alert(), ALL, CONTEXT).body.decode()
    assert SCHEMA.is_valid(body)
    for right, wrong in (("-00:00</sent>", "Z</sent>"), ("<sender>", "<sender>a b"), ("Actual", "Real")):
        assert right in body
        assert not SCHEMA.is_valid(body.replace(right, wrong, 1))


@pytest.mark.policy("KY-H.2")
@pytest.mark.parametrize("alert", every_life(), ids=life_id)
def test_only_what_a_person_verified_is_observed(alert: Alert) -> None:
    certainty = text(message_of(alert), "info/certainty")
    assert (certainty == "Observed") == alert.is_verified
    if alert.steps[-1].event is AlertEvent.RAISED:
        assert certainty == ("Possible" if alert.hit.outcome is Outcome.POSSIBLE else "Likely")


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (AlertEvent.RAISED, "Alert"),
        (AlertEvent.SIGHTED, "Update"),
        (AlertEvent.ESCALATED, "Update"),
        (AlertEvent.REOPENED, "Alert"),
        (AlertEvent.VERIFIED, "Update"),
        (AlertEvent.REJECTED, "Cancel"),
        (AlertEvent.CONFIRMED, "Update"),
        (AlertEvent.NOT_CONFIRMED, "Cancel"),
        (AlertEvent.DISPATCHED, "Update"),
        (AlertEvent.CLEARED, "Cancel"),
    ],
)
def test_the_kind_of_message_follows_the_alert_s_life(event: AlertEvent, kind: str) -> None:
    message = message_of(sample_alert(event))
    assert text(message, "msgType") == kind
    assert (text(message, "references") is None) == (kind == "Alert")


def test_references_name_the_earlier_messages_as_they_were_sent() -> None:
    alert = sample_alert(AlertEvent.CONFIRMED)
    earlier = [
        msgspec.structs.replace(alert, revision=count, steps=alert.steps[:count], state=state)
        for count, state in ((1, sample_alert().state), (2, sample_alert(AlertEvent.VERIFIED).state))
    ]
    sent = [message_of(each) for each in earlier]
    named = [f"{text(one, 'sender')},{text(one, 'identifier')},{text(one, 'sent')}" for one in sent]
    assert text(message_of(alert), "references") == " ".join(named)


def test_who_was_told_that_an_alert_is_over_gets_a_new_one_when_it_is_reopened_and_updates_of_that() -> None:
    """An update of what was cancelled might be thrown away."""
    reopened = sample_alert(AlertEvent.REOPENED)
    message = message_of(reopened)
    assert (text(message, "msgType"), text(message, "references")) == ("Alert", None)
    step = msgspec.structs.replace(sample_alert(AlertEvent.VERIFIED).steps[-1], at=moment(100))
    verified = msgspec.structs.replace(reopened, revision=5, state=AlertState.VERIFIED, steps=(*reopened.steps, step))
    update = message_of(verified)
    named = f"{text(message, 'sender')},{text(message, 'identifier')},{text(message, 'sent')}"
    assert (text(update, "msgType"), text(update, "references")) == ("Update", named)


def test_who_asked_for_new_alerts_and_how_they_end_gets_the_end_of_a_reopened_one_as_that() -> None:
    choice = AlertChoice(events=(AlertEvent.RAISED, AlertEvent.CLEARED))
    reopened = sample_alert(AlertEvent.REOPENED)
    step = msgspec.structs.replace(reopened.steps[2], at=moment(100))
    over = msgspec.structs.replace(reopened, revision=5, state=AlertState.CLEARED, steps=(*reopened.steps, step))
    message = message_of(over, build_subscription(choice=choice))
    assert text(message, "msgType") == "Cancel"
    assert (text(message, "references") or "").split(",")[1] == delivery_id(reopened.id, 4)


def test_references_name_no_message_that_the_subscriber_never_asked_for() -> None:
    subscription = build_subscription(choice=AlertChoice(events=(AlertEvent.VERIFIED, AlertEvent.CONFIRMED)))
    assert text(message_of(sample_alert(AlertEvent.VERIFIED), subscription), "msgType") == "Alert"
    references = text(message_of(sample_alert(AlertEvent.CONFIRMED), subscription), "references") or ""
    assert [reference.split(",")[1] for reference in references.split()] == [delivery_id(sample_alert().id, 2)]


@pytest.mark.parametrize(("outcomes", "kind"), [((Outcome.EXACT,), "Alert"), (tuple(Outcome), "Update")])
def test_who_hears_of_an_alert_first_because_it_is_upgraded_gets_no_update(
    outcomes: tuple[Outcome, ...], kind: str
) -> None:
    subscription = build_subscription(choice=AlertChoice(outcomes=outcomes))
    assert text(message_of(sample_alert(AlertEvent.UPGRADED), subscription), "msgType") == kind


def test_names_hold_nothing_that_separates_names() -> None:
    message = message_of(sample_alert(id="a b,c<d&e"), source="Metro Police, R & D")
    assert text(message, "identifier") == "a_b_c_d_e_1"
    assert text(message, "sender") == "Metro_Police__R___D"


@pytest.mark.parametrize(
    ("priority", "urgency", "severity"),
    [(1, "Immediate", "Extreme"), (2, "Immediate", "Severe"), (5, "Future", "Minor")],
)
def test_urgency_and_severity_follow_the_priority(priority: int, urgency: str, severity: str) -> None:
    message = message_of(sample_alert(priority=priority))
    assert (text(message, "info/urgency"), text(message, "info/severity")) == (urgency, severity)


@pytest.mark.parametrize("fact", ["late", "historical"])
def test_what_was_seen_some_time_ago_is_not_immediate(fact: str) -> None:
    hit = msgspec.structs.replace(sample_hit(), **{fact: True})
    assert text(message_of(sample_alert(hit=hit)), "info/urgency") == "Past"


def test_each_sighting_has_its_area_and_its_picture() -> None:
    message = message_of(sample_alert())
    assert [one.text for one in message.iterfind(".//{*}circle")] == [
        "38.190000,-85.710000 0.1",
        "38.200000,-85.700000 0.1",
    ]
    assert len(message.findall(".//{*}resource/{*}uri")) == 2


def test_the_crop_comes_along_where_it_is_asked_for() -> None:
    message = message_of(sample_alert(), crop=b"\xff\xd8 crop")
    assert base64.b64decode(message.findtext(".//{*}derefUri") or "") == b"\xff\xd8 crop"
    assert message_of(sample_alert()).find(".//{*}derefUri") is None


def test_characters_that_no_xml_may_hold_are_replaced() -> None:
    alert = sample_alert(hit=sample_hit(instructions="a\x00\x0b\ud800b <c>&"))
    assert "a\ufffd\ufffd\ufffdb <c>&" in (text(message_of(alert), "info/instruction") or "")
