from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from infra.settings.alerts import AlertSettings
from infra.settings.pipeline import RetentionSettings
from streams.alerts.escalation import escalate
from streams.alerts.growth import grow
from streams.alerts.steps import take
from streams.alerts.upkeep import AlertUpkeep
from streams.faults import ServiceAwayError
from streams.records import Alert, AlertEvent, AlertState, Outcome
from tests.alert_builders import DISPATCHER, OTHER_DISPATCHER, MemoryStore, build_in, build_possible, grown_hit
from tests.builders import build_alert, moment

DAY_S = 86_400.0


class Center:
    """A system of record in memory, the topic beside it, and a clock that is moved by hand."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.store = MemoryStore(self.clock)
        self.published: list[Alert] = []
        self.kafka_is_away = False
        self.on_publication: Callable[[], None] | None = None

    def clock(self) -> datetime:
        return moment(self.now_s)

    async def publish(self, alert: Alert) -> None:
        if self.kafka_is_away:
            service = "kafka"
            raise ServiceAwayError(service, "no answer")
        self.published.append(alert)
        if self.on_publication is not None:
            self.on_publication()

    def upkeep(self) -> AlertUpkeep:
        settings = AlertSettings(escalate_after_s=120)
        return AlertUpkeep(self.store, self.publish, settings=settings, retention=RetentionSettings(limit_h=720))

    async def tidy(self, at_s: float) -> None:
        self.now_s = at_s
        await self.upkeep().tidy(moment(at_s))

    def told(self) -> list[tuple[int, AlertEvent]]:
        return [(alert.revision, alert.steps[-1].event) for alert in self.published]


@pytest.fixture
def center() -> Center:
    return Center()


async def test_what_was_written_and_not_published_is_published_once_its_writer_had_the_time(center: Center) -> None:
    alert = build_in(AlertState.VERIFIED)
    center.store.put(alert, unpublished=True)
    await center.tidy(14.9)
    assert center.published == []
    await center.tidy(15)
    await center.tidy(16)
    assert center.published == [alert]
    assert not center.store.stored[alert.id].unpublished


async def test_a_revision_that_came_meanwhile_keeps_its_own_mark(center: Center) -> None:
    alert = build_in(AlertState.VERIFIED)
    center.store.put(alert, unpublished=True)

    def somebody_steps() -> None:
        center.on_publication = None
        center.store.put(take(alert, OTHER_DISPATCHER, moment(20)), unpublished=True)

    center.on_publication = somebody_steps
    await center.tidy(60)
    assert center.store.stored[alert.id].unpublished
    await center.tidy(75)
    assert center.told() == [(2, AlertEvent.VERIFIED), (3, AlertEvent.TAKEN)]


async def test_an_alert_that_nobody_takes_in_time_escalates_once_and_is_told(center: Center) -> None:
    center.store.put(build_alert())
    await center.tidy(100)
    assert center.published == []
    for at_s in (121, 122, 1000):
        await center.tidy(at_s)
    assert center.told() == [(2, AlertEvent.ESCALATED)]
    (stored,) = center.store.stored.values()
    assert (stored.alert.state, stored.unpublished) == (AlertState.RECEIVED, False)


async def test_an_alert_that_calls_people_only_since_it_grew_escalates_when_that_is_long_ago(center: Center) -> None:
    possible = build_possible()
    upgraded = grow(possible, grown_hit(possible, 300, outcome=Outcome.EXACT))
    assert upgraded is not None
    center.store.put(upgraded)
    await center.tidy(419)
    assert center.published == []
    await center.tidy(420)
    assert center.told() == [(3, AlertEvent.ESCALATED)]


@pytest.mark.parametrize(
    "alert",
    [
        pytest.param(build_possible(), id="possible"),
        pytest.param(take(build_alert(), DISPATCHER, moment(10)), id="taken"),
        pytest.param(build_in(AlertState.VERIFIED), id="verified"),
    ],
)
async def test_what_somebody_sees_to_or_what_calls_nobody_does_not_escalate(center: Center, alert: Alert) -> None:
    center.store.put(alert)
    await center.tidy(1000)
    assert center.published == []


async def test_somebody_who_takes_an_alert_while_it_escalates_has_it(center: Center) -> None:
    alert = build_alert()
    center.store.put(alert)

    def taken(_: Alert) -> None:
        center.store.before_write = None
        center.store.put(take(alert, DISPATCHER, moment(121)))

    center.store.before_write = taken
    await center.tidy(121)
    (stored,) = center.store.stored.values()
    assert (stored.alert.taken_by, center.published) == (DISPATCHER.name, [])


async def test_an_alert_escalates_only_after_its_own_revision_before_is_published(center: Center) -> None:
    center.now_s = 115
    center.store.put(build_alert(), unpublished=True)
    await center.tidy(121)
    assert center.told() == [(1, AlertEvent.RAISED), (2, AlertEvent.ESCALATED)]


async def test_an_escalation_that_kafka_did_not_take_is_told_when_it_is_back(center: Center) -> None:
    center.store.put(build_alert())

    def fails_from_now(_: Alert) -> None:
        center.kafka_is_away = True

    center.store.before_write = fails_from_now
    with pytest.raises(ServiceAwayError):
        await center.tidy(121)
    center.store.before_write = None
    center.kafka_is_away = False
    await center.tidy(136)
    assert center.told() == [(2, AlertEvent.ESCALATED)]


async def test_of_several_workers_that_tidy_at_once_one_escalates(center: Center) -> None:
    alert = build_alert()
    center.store.put(alert)

    def the_other_worker_does(_: Alert) -> None:
        center.store.before_write = None
        center.store.put(escalate(alert, moment(121)))

    center.store.before_write = the_other_worker_does
    await center.tidy(121)
    (stored,) = center.store.stored.values()
    assert (stored.alert.revision, center.published) == (2, [])


@pytest.mark.policy("KY-N.3")
async def test_an_alert_is_deleted_an_hour_before_its_oldest_capture_reaches_the_limit(center: Center) -> None:
    center.store.put(build_possible())
    await center.tidy(30 * DAY_S - 3600)
    assert len(center.store.stored) == 1
    await center.tidy(30 * DAY_S - 3599)
    assert center.store.stored == {}


@pytest.mark.policy("KY-N.3")
async def test_what_is_over_is_deleted_while_kafka_is_away(center: Center) -> None:
    center.store.put(build_alert(at_s=0), unpublished=True)
    center.store.put(build_alert(id="newer", at_s=DAY_S), unpublished=True)
    center.kafka_is_away = True
    with pytest.raises(ServiceAwayError):
        await center.tidy(30 * DAY_S)
    assert set(center.store.stored) == {"newer"}


async def test_old_alerts_are_looked_for_every_few_minutes_only(center: Center) -> None:
    upkeep = center.upkeep()
    await upkeep.tidy(moment(0))
    center.store.put(build_alert(at_s=-40 * DAY_S))
    await upkeep.tidy(moment(299))
    assert len(center.store.stored) == 1
    await upkeep.tidy(moment(300))
    assert center.store.stored == {}
