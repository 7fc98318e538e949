from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

import pytest

from dashboards.alert_service import AlertService, UnpublishedAlertError
from dashboards.audit_log import AuditLogError
from infra.settings.alerts import AlertSettings
from infra.settings.pipeline import RetentionSettings
from streams.alerts.query import AlertQuery
from streams.alerts.steps import take
from streams.alerts.store import AlertChangedError, NoSuchAlertError
from streams.alerts.transitions import AlertRefusedError
from streams.alerts.upkeep import AlertUpkeep
from streams.faults import ServiceAwayError
from streams.records import Alert, AlertEvent, AlertState, AuditEvent, ClearedOutcome
from tests.alert_builders import AGREES, DIFFERS, DISPATCHER, OTHER_DISPATCHER, PATROL, MemoryStore, build_in
from tests.builders import build_alert, moment


class Center:
    """A service over a system of record in memory, and what it told audit log and topic, in order."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.store = MemoryStore(lambda: moment(self.now_s))
        self.events: list[AuditEvent] = []
        self.published: list[Alert] = []
        self.order: list[str] = []
        self.audit_is_away = self.kafka_is_away = False
        self.service = AlertService(self.store, self.audit, self.publish, clock=self.clock)
        self.alert = build_alert()
        self.store.put(self.alert)
        self.store.before_write = lambda alert: self.order.append(f"write {alert.revision}")

    def clock(self) -> datetime:
        self.now_s += 60
        return moment(self.now_s)

    async def audit(self, event: AuditEvent) -> None:
        if self.audit_is_away:
            msg = "the audit log does not take the event"
            raise AuditLogError(msg)
        self.order.append(event.action)
        self.events.append(event)

    async def publish(self, alert: Alert) -> None:
        if self.kafka_is_away:
            service = "kafka"
            raise ServiceAwayError(service, "no answer")
        self.order.append(f"publish {alert.revision}")
        self.published.append(alert)

    async def tidy(self) -> None:
        settings, retention = AlertSettings(escalate_after_s=86_400), RetentionSettings()
        self.now_s += 60
        await AlertUpkeep(self.store, self.publish, settings=settings, retention=retention).tidy(moment(self.now_s))

    def revisions(self) -> list[int]:
        return [alert.revision for alert in self.published]

    def stored(self) -> Alert:
        return self.store.stored[self.alert.id].alert


@pytest.fixture
def center() -> Center:
    return Center()


@pytest.mark.policy("KY-IV.H.1")
@pytest.mark.policy("KY-I.1")
async def test_each_step_is_on_record_before_it_is_taken_and_told_after(center: Center) -> None:
    await center.service.verify(center.alert.id, DISPATCHER, AGREES)
    await center.service.confirm(center.alert.id, DISPATCHER)
    assert center.order == [
        "alert.verified", "write 2", "publish 2", "write 2",
        "alert.confirmed", "write 3", "publish 3", "write 3",
    ]  # fmt: skip
    assert not center.store.stored[center.alert.id].unpublished


@pytest.mark.policy("KY-I.3")
async def test_the_audit_log_says_who_did_what_in_which_role_and_why_and_holds_no_plate(center: Center) -> None:
    alert_id = center.alert.id
    await center.service.take(alert_id, OTHER_DISPATCHER)
    await center.service.verify(alert_id, DISPATCHER, AGREES)
    await center.service.override(alert_id, DISPATCHER, "shots fired")
    await center.service.dispatch(alert_id, DISPATCHER)
    await center.service.clear(alert_id, PATROL, ClearedOutcome.ARREST, "driver in custody")
    told = [(event.actor, event.action, event.details["role"], event.reason) for event in center.events]
    assert told == [
        ("Dispatcher Cole", "alert.taken", "dispatcher", "reported stolen"),
        ("Dispatcher Reed", "alert.verified", "dispatcher", "reported stolen"),
        ("Dispatcher Reed", "alert.overridden", "dispatcher", "shots fired"),
        ("Dispatcher Reed", "alert.dispatched", "dispatcher", "reported stolen"),
        ("Officer Lane", "alert.cleared", "patrol", "driver in custody"),
    ]
    assert {(event.subject, event.case_number) for event in center.events} == {(alert_id, "26-001")}
    assert center.events[-1].details["outcome"] == "arrest"
    assert len({event.id for event in center.events}) == len(center.events)
    assert all(event.terminal for event in center.events)


async def test_what_a_person_compared_is_on_record_in_words(center: Center) -> None:
    await center.service.reject(center.alert.id, DISPATCHER, DIFFERS, "an 8, no B")
    details = center.events[-1].details
    assert (details["plate_agrees"], details["state_agrees"], details["vehicle_agrees"]) == ("no", "yes", "yes")
    assert DIFFERS.plate_read not in str(details)


async def test_what_is_not_on_record_does_not_happen(center: Center) -> None:
    center.audit_is_away = True
    with pytest.raises(AuditLogError):
        await center.service.verify(center.alert.id, DISPATCHER, AGREES)
    assert (center.stored().state, center.published) == (AlertState.RECEIVED, [])


async def test_what_is_refused_is_neither_on_record_nor_taken(center: Center) -> None:
    with pytest.raises(AlertRefusedError):
        await center.service.dispatch(center.alert.id, DISPATCHER)
    assert center.order == []


async def test_of_two_who_step_at_once_the_slower_is_told_so(center: Center) -> None:
    def faster(_: Alert) -> None:
        center.store.before_write = None
        center.store.put(take(center.alert, OTHER_DISPATCHER, moment(30)))

    center.store.before_write = faster
    with pytest.raises(AlertChangedError):
        await center.service.verify(center.alert.id, DISPATCHER, AGREES)
    assert (center.stored().taken_by, center.published) == (OTHER_DISPATCHER.name, [])


async def test_a_step_that_kafka_does_not_take_is_done_and_made_good_later(center: Center) -> None:
    center.kafka_is_away = True
    with pytest.raises(UnpublishedAlertError, match=r"is verified on record, .* nothing is to be repeated"):
        await center.service.verify(center.alert.id, DISPATCHER, AGREES)
    assert center.stored().state is AlertState.VERIFIED
    center.kafka_is_away = False
    await center.tidy()
    await center.tidy()
    assert center.revisions() == [2]


@pytest.mark.parametrize("crash_at", range(8))
async def test_after_a_crash_at_any_point_the_topic_has_in_the_end_each_revision_that_is_on_record(
    center: Center, crash_at: int
) -> None:
    steps = iter(range(100))

    class CrashError(Exception):
        pass

    def maybe_crash(*_: object) -> None:
        if next(steps) == crash_at:
            raise CrashError

    async def audit(event: AuditEvent) -> None:
        maybe_crash()
        await center.audit(event)

    async def publish(alert: Alert) -> None:
        maybe_crash()
        await center.publish(alert)

    crashing = AlertService(center.store, audit, publish, clock=center.clock)
    center.store.before_write = maybe_crash

    async def verify_and_confirm() -> None:
        await crashing.verify(center.alert.id, DISPATCHER, AGREES)
        await crashing.confirm(center.alert.id, DISPATCHER)

    with pytest.raises(CrashError):
        await verify_and_confirm()
    center.store.before_write = None
    await center.tidy()
    assert sorted(set(center.revisions())) == list(range(2, center.stored().revision + 1))
    assert not center.store.stored[center.alert.id].unpublished


async def test_whoever_steps_on_what_was_not_published_publishes_it_first(center: Center) -> None:
    center.kafka_is_away = True
    with pytest.raises(UnpublishedAlertError):
        await center.service.verify(center.alert.id, DISPATCHER, AGREES)
    center.kafka_is_away = False
    await center.service.confirm(center.alert.id, DISPATCHER)
    assert [(alert.revision, alert.steps[-1].event) for alert in center.published] == [
        (2, AlertEvent.VERIFIED),
        (3, AlertEvent.CONFIRMED),
    ]


async def test_a_step_that_is_published_is_done_even_if_its_mark_cannot_be_taken_off(center: Center) -> None:
    def away_when_settled(alert: Alert) -> None:
        if center.store.stored[alert.id].alert == alert:
            service = "elasticsearch"
            raise ServiceAwayError(service, "no answer")

    center.store.before_write = away_when_settled
    verified = await center.service.verify(center.alert.id, DISPATCHER, AGREES)
    assert (center.published, center.stored()) == ([verified], verified)


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(lambda service: service.take("none", DISPATCHER), id="take"),
        pytest.param(lambda service: service.not_confirm("none", DISPATCHER, "why"), id="not-confirm"),
        pytest.param(lambda service: service.get("none"), id="get"),
    ],
)
async def test_an_alert_that_is_not_there_is_told(
    center: Center, step: Callable[[AlertService], Awaitable[Alert]]
) -> None:
    with pytest.raises(NoSuchAlertError):
        await step(center.service)


async def test_alerts_are_listed_by_state(center: Center) -> None:
    over = build_in(AlertState.CLEARED)
    center.store.put(build_alert("XYZ987"))
    center.store.put(over)
    assert await center.service.list(AlertQuery(states=(AlertState.CLEARED,))) == [over]
    assert await center.service.get(over.id) == over
