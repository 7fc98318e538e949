"""Alerts on real Kafka and Elasticsearch: people's steps, crashes in between, and what upkeep makes good."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest
from elasticsearch import AsyncElasticsearch

from dashboards.alert_service import AlertService, open_alerts
from infra.alert_fields import mappings
from infra.cli.main import main
from infra.initialise import initialise
from infra.local_stack.stack import LocalStack
from infra.settings import Settings, load_settings
from infra.settings.alerts import AlertSettings
from streams.alerts.publishing import publish_alert
from streams.alerts.query import AlertQuery
from streams.alerts.steps import take, verify
from streams.alerts.store import AlertChangedError, AlertStore, AlertToWrite, NoSuchAlertError, StoredAlert
from streams.alerts.upkeep import AlertUpkeep
from streams.clients import build_elasticsearch
from streams.codec import decode, encode
from streams.faults import StreamError
from streams.records import Alert, AlertState, AuditEvent, Category, ClearedOutcome, TopicName, to_milliseconds
from tests.alert_builders import AGREES, DISPATCHER, OTHER_DISPATCHER, PATROL, build_in
from tests.builders import build_alert, build_detection, build_entry, build_hit, build_match
from tests.topic_reading import values_of
from tests.worker_process import settings_beside

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def settings_file(stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file, settings = settings_beside(stack, tmp_path_factory.mktemp("alerts"), 27170)
    initialise(settings)
    return file


@pytest.fixture(scope="module")
def settings(settings_file: Path) -> Settings:
    return load_settings(settings_file)


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[AsyncElasticsearch]:
    client = build_elasticsearch(settings.elasticsearch)
    yield client
    await client.close()


@pytest.fixture
async def service(settings: Settings) -> AsyncIterator[AlertService]:
    async with open_alerts(settings) as service:
        yield service


@pytest.fixture
async def own_index(client: AsyncElasticsearch) -> AsyncIterator[str]:
    """An index that no other test tidies up in."""
    index = f"alerts-{uuid4().hex[:12]}"
    await client.indices.create(index=index, mappings=mappings())
    yield index
    await client.indices.delete(index=index)


def fresh_alert(age_s: float = 0.0, **terms: object) -> Alert:
    """An alert that no other test has, raised so many seconds ago."""
    at = to_milliseconds(datetime.now(UTC) - timedelta(seconds=age_s))
    detection = build_detection(captured_at=at)
    entry = msgspec.structs.replace(build_entry(id=f"stolen/{uuid4().hex[:12]}"), **terms)
    hit = build_hit(id=uuid4().hex, match=build_match(detection=detection, entry=entry, matched_at=at), opened_at=at)
    alert = build_alert(id=uuid4().hex, hit=hit, raised_at=at)
    return msgspec.structs.replace(alert, steps=(msgspec.structs.replace(alert.steps[0], at=at),))


def published(settings: Settings, alert: Alert) -> list[Alert]:
    """What pw.alerts has of the alert, in its order."""
    values = values_of(settings.kafka, TopicName.ALERTS, alert.id)
    return [decode(Alert, value).record for value in values if value is not None]


def audited(settings: Settings, alert: Alert) -> list[str]:
    values = values_of(settings.kafka, TopicName.AUDIT, None)
    events = [decode(AuditEvent, value).record for value in values if value is not None]
    return [event.action for event in events if event.subject == alert.id]


def upkeep(settings: Settings, store: AlertStore) -> AlertUpkeep:
    async def publish(alert: Alert) -> None:
        await asyncio.to_thread(publish_alert, alert, settings.kafka)

    return AlertUpkeep(store, publish, settings=AlertSettings(escalate_after_s=60), retention=settings.retention)


@pytest.mark.policy("KY-IV.H.1")
@pytest.mark.policy("KY-I.3")
@pytest.mark.policy("KY-J.2")
async def test_each_step_of_a_life_is_on_record_in_the_audit_log_and_on_the_topic_in_order(
    settings: Settings, service: AlertService, client: AsyncElasticsearch
) -> None:
    alert = fresh_alert()
    await AlertStore(client).create(alert, unpublished=False)
    await service.take(alert.id, OTHER_DISPATCHER)
    await service.verify(alert.id, DISPATCHER, AGREES)
    await service.confirm(alert.id, DISPATCHER)
    await service.dispatch(alert.id, DISPATCHER)
    cleared = await service.clear(alert.id, PATROL, ClearedOutcome.RECOVERY, "vehicle found, nobody in it")

    assert await service.get(alert.id) == cleared
    assert published(settings, alert)[-1] == cleared
    assert [one.revision for one in published(settings, alert)] == [2, 3, 4, 5, 6]
    steps = ["alert.taken", "alert.verified", "alert.confirmed", "alert.dispatched", "alert.cleared"]
    assert audited(settings, alert) == steps
    assert cleared in await service.list(AlertQuery(states=(AlertState.CLEARED,), since=alert.raised_at))


def test_the_commands_take_an_alert_through_its_life(
    settings: Settings, settings_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    alert = fresh_alert()

    async def create() -> None:
        client = build_elasticsearch(settings.elasticsearch)
        await AlertStore(client).create(alert, unpublished=False)
        await client.close()

    def told(*arguments: str) -> str:
        monkeypatch.setattr("sys.argv", ["platewatch", "alert", *arguments, "--settings", str(settings_file)])
        with pytest.raises(SystemExit):
            main()
        said = capsys.readouterr()
        return " ".join((said.out + said.err).split())

    asyncio.run(create())
    by = ["--by", "Dispatcher Reed", "--role", "dispatcher"]
    seen = ["--state-agrees", "--vehicle-agrees"]
    assert "no ground for a stop by itself" in told("show", alert.id)
    assert f"{alert.id}: received, taken by Dispatcher Reed" in told("take", alert.id, *by)
    assert "must be verified and confirmed before it is dispatched" in told("dispatch", alert.id, *by)
    assert "wanted: plate; reject the alert" in told("verify", alert.id, *by, "--plate-read", "A8C123", *seen)
    assert f"{alert.id}: verified" in told("verify", alert.id, *by, "--plate-read", "abc 123", *seen)
    assert f"{alert.id}: confirmed" in told("confirm", alert.id, *by)
    assert "instructions: stop only with probable cause" in told("dispatch", alert.id, *by)
    cleared = told("clear", alert.id, *by, "--outcome", "citation", "--reason", "driver cited")
    assert f"{alert.id}: cleared (citation)" in cleared
    assert alert.id in told("list", "--state", "cleared")
    assert "driver cited" in told("show", alert.id)


async def test_of_two_people_who_step_at_once_one_does(
    settings: Settings, service: AlertService, client: AsyncElasticsearch
) -> None:
    alert = fresh_alert()
    await AlertStore(client).create(alert, unpublished=False)
    outcomes = await asyncio.gather(
        service.take(alert.id, DISPATCHER), service.take(alert.id, OTHER_DISPATCHER), return_exceptions=True
    )
    (taken,) = [one for one in outcomes if isinstance(one, Alert)]
    assert [type(one) for one in outcomes if isinstance(one, Exception)] == [AlertChangedError]
    assert published(settings, alert) == [taken]
    assert await service.get(alert.id) == taken


async def test_a_crash_between_record_and_topic_is_made_good_and_nobody_overtakes_it(
    settings: Settings, client: AsyncElasticsearch, own_index: str
) -> None:
    alert = fresh_alert()
    store = AlertStore(client, own_index)
    stored = await store.create(alert, unpublished=False)
    # Written, and then the process was killed.
    await store.write(verify(alert, DISPATCHER, AGREES, datetime.now(UTC)), stored, unpublished=True, refresh=True)

    now = datetime.now(UTC)
    await upkeep(settings, store).tidy(now)
    assert published(settings, alert) == [], "its writer may still be about to publish it"
    await upkeep(settings, store).tidy(now + timedelta(seconds=20))
    assert [one.state for one in published(settings, alert)] == [AlertState.VERIFIED]
    assert not (await store.get(alert.id)).unpublished


async def test_of_several_workers_that_escalate_at_once_one_does(
    settings: Settings, client: AsyncElasticsearch, own_index: str
) -> None:
    alert = fresh_alert(age_s=120)
    store = AlertStore(client, own_index)
    await store.create(alert, unpublished=False)
    await client.indices.refresh(index=own_index)
    now = datetime.now(UTC)
    await asyncio.gather(*(upkeep(settings, store).tidy(now) for _ in range(4)))
    assert [one.steps[-1].event for one in published(settings, alert)] == ["escalated"]
    await client.indices.refresh(index=own_index)
    assert await store.unattended(now) == []


async def test_many_are_read_and_written_at_once_and_who_was_slower_is_told(
    client: AsyncElasticsearch, own_index: str
) -> None:
    store = AlertStore(client, own_index)
    old, new = fresh_alert(), fresh_alert()
    stored = await store.create(old, unpublished=False)
    first = await store.write_many(
        [AlertToWrite(old, None, unpublished=False), AlertToWrite(new, None, unpublished=True)]
    )
    assert [one and one.alert for one in first] == [None, new]
    read = await store.get_many([old.id, new.id, "none"])
    assert read == {old.id: stored, new.id: first[1]}

    changed = [
        AlertToWrite(take(one.alert, DISPATCHER, datetime.now(UTC)), one, unpublished=True) for one in read.values()
    ]
    await store.write(changed[0].alert, stored, unpublished=True)
    second = await store.write_many(changed)
    assert second[0] is None
    assert second[1] == (await store.get_many([new.id]))[new.id]
    assert await store.write_many([]) == []
    assert await store.get_many([]) == {}


async def test_alerts_are_found_by_what_people_ask_for_the_most_urgent_first(
    client: AsyncElasticsearch, own_index: str
) -> None:
    store = AlertStore(client, own_index)
    older, newer = fresh_alert(60), fresh_alert(30)
    amber = msgspec.structs.replace(fresh_alert(90, category=Category.AMBER), priority=1)
    taken = take(fresh_alert(10), DISPATCHER, datetime.now(UTC))
    over = build_in(AlertState.CLEARED)
    for alert in (older, newer, amber, taken, over):
        await store.create(alert, unpublished=alert is older)
    await client.indices.refresh(index=own_index)

    async def found(query: AlertQuery) -> list[Alert]:
        return alerts(await store.search(query))

    assert await found(AlertQuery(states=(AlertState.RECEIVED,))) == [amber, taken, newer, older]
    assert await found(AlertQuery(categories=(Category.AMBER,))) == [amber]
    assert await found(AlertQuery(since=newer.raised_at)) == [taken, newer]
    assert await found(AlertQuery(cameras=("nowhere",))) == []
    assert await found(AlertQuery(limit=1)) == [amber]
    assert alerts(await store.unattended(datetime.now(UTC))) == [amber, older, newer]
    assert alerts(await store.unpublished(datetime.now(UTC))) == [older]


@pytest.mark.policy("KY-N.3")
async def test_what_is_over_its_time_is_gone(client: AsyncElasticsearch, own_index: str) -> None:
    store = AlertStore(client, own_index)
    old, young = fresh_alert(7200), fresh_alert(3500)
    await store.create(old, unpublished=False)
    await store.create(young, unpublished=False)
    await client.indices.refresh(index=own_index)
    assert await store.delete_older(datetime.now(UTC) - timedelta(hours=1)) == 1
    with pytest.raises(NoSuchAlertError, match=f"there is no alert {old.id}"):
        await store.get(old.id)
    assert alerts(await store.search(AlertQuery())) == [young]


async def test_without_its_index_each_call_says_what_to_do(client: AsyncElasticsearch) -> None:
    store = AlertStore(client, f"never-{uuid4().hex[:8]}")
    calls: list[Callable[[], Awaitable[object]]] = [
        partial(store.get, "a1"),
        partial(store.get_many, ["a1"]),
        partial(store.search, AlertQuery()),
        partial(store.unattended, datetime.now(UTC)),
    ]
    for call in calls:
        with pytest.raises(StreamError, match=r"has no index never-.*; run `platewatch init`"):
            await call()


async def test_an_alert_that_cannot_be_read_does_not_hide_the_others(
    client: AsyncElasticsearch, own_index: str
) -> None:
    store = AlertStore(client, own_index)
    good, bad = fresh_alert(60), fresh_alert(60)
    await store.create(good, unpublished=False)
    await store.create(bad, unpublished=False)
    newer = msgspec.json.decode(encode(bad)) | {"schema_version": 99}
    await client.update(index=own_index, id=bad.id, doc={"alert": newer}, refresh=True)
    assert alerts(await store.unattended(datetime.now(UTC))) == [good]
    with pytest.raises(StreamError, match="written by a newer version"):
        await store.get(bad.id)


def alerts(stored: list[StoredAlert]) -> list[Alert]:
    return [one.alert for one in stored]
