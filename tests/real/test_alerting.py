"""Matches to alerts, and these to dispatch, on real servers: people see each change; dispatch is called once."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from confluent_kafka import Producer

from dashboards.alert_service import open_alerts
from infra.demo.receiver import Receipt, read_journal
from infra.demo.subscriber import subscribe
from infra.initialise import initialise
from infra.local_stack.stack import LocalStack
from infra.settings import Settings
from infra.settings.workers import WorkerName
from streams.alerts.transitions import AlertRefusedError
from streams.codec import decode, encode
from streams.delivery.sealing import new_sealing_key
from streams.delivery.signing import new_secret
from streams.delivery.subscription import delivery_id
from streams.delivery.subscription_terms import SubscriptionTerms
from streams.people import Actor, Role
from streams.records import (
    Alert,
    AlertState,
    ClearedOutcome,
    Comparison,
    HotlistEntry,
    Match,
    Outcome,
    TopicName,
    to_milliseconds,
)
from tests.builders import build_detection, build_entry, build_match
from tests.topic_reading import TopicTail, has_handled_all, pairs_of, tail
from tests.worker_process import WorkerProcess, eventually, free_ports, running_worker, settings_beside

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]


@dataclass(slots=True)
class Dispatch:
    """A receiver of alerts that can be silent for a while."""

    port: int
    secret_file: Path
    journal: Path
    process: subprocess.Popen[bytes] | None = None

    def answer(self) -> None:
        """Take alerts from now on."""
        arguments = [str(self.port), str(self.secret_file), str(self.journal)]
        self.process = subprocess.Popen([sys.executable, "-m", "infra.demo.receiver", *arguments])

    def fall_silent(self) -> None:
        """Take none, until it answers again."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=10)

    def calls(self, entry: HotlistEntry) -> list[Receipt]:
        """What it was told of the entry, repeats included."""
        return [receipt for receipt in read_journal(self.journal) if receipt.entry == entry.id]


@dataclass(frozen=True, slots=True)
class Installation:
    """The workers from matches to alerts, and whom they tell."""

    settings: Settings
    alerting: WorkerProcess
    delivering: WorkerProcess
    dispatch: Dispatch
    alerts: TopicTail

    async def match(self, *matches: Match) -> None:
        """Let the matches come in, and wait until all that they bring about has been handled."""
        self.send(*matches)
        await self.handled(WorkerName.WINDOWS, TopicName.MATCHES)
        await self.handled(WorkerName.ALERTING, TopicName.HITS)
        await self.recorded()

    async def recorded(self) -> None:
        """Wait until alerts and their documents are up with the hits, and dispatch has what it asked for."""
        for worker, waiting in ((self.alerting, "alerts_unrecorded"), (self.delivering, "deliveries_waiting")):

            async def nothing_waits(worker: WorkerProcess = worker, waiting: str = waiting) -> bool:
                return await asyncio.to_thread(worker.metric, f"platewatch_{waiting}") == 0.0

            await eventually(nothing_waits, f"{waiting} is 0", within_s=60)
            await self.handled(WorkerName.DELIVERY, TopicName.ALERTS)

    def send(self, *matches: Match) -> None:
        """Let the matches come in."""
        self.put(TopicName.MATCHES, [(one.entry.id.encode(), encode(one)) for one in matches])

    def put(self, topic: TopicName, messages: list[tuple[bytes, bytes]]) -> None:
        """Put messages on a topic."""
        producer = Producer(self.settings.kafka.confluent_config() | {"acks": "all"})
        for key, value in messages:
            producer.produce(topic, value, key)
        assert producer.flush(20) == 0

    async def handled(self, worker: WorkerName, topic: TopicName) -> None:
        """Wait until the worker has handled all that is on the topic."""

        async def is_handled() -> bool:
            return await asyncio.to_thread(has_handled_all, self.settings.kafka, worker, topic)

        await eventually(is_handled, f"worker {worker} has handled all of {topic}", within_s=60)

    def shown(self, entry: HotlistEntry) -> list[Alert]:
        """The entry's alerts since the last call, in their order."""
        alerts = [decode(Alert, value).record for value in self.alerts.drain()]
        return [alert for alert in alerts if alert.hit.match.entry.id == entry.id]


@pytest.fixture(scope="module")
def installation(stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("alerting")
    dispatch = Dispatch(free_ports(1), folder / "secret", folder / "journal")
    dispatch.secret_file.write_text(new_secret(), encoding="utf-8")
    delivery = {
        "sealing_key": new_sealing_key(),
        "schemes": ["http"],
        "private_networks": ["127.0.0.0/8"],
        "longest_retry_s": 0.5,
        "breaker_rest_s": 0.5,
    }
    file, settings = settings_beside(stack, folder, free_ports(), delivery=delivery)
    initialise(settings)
    terms = SubscriptionTerms(agency="Metro", url=f"http://127.0.0.1:{dispatch.port}/alerts")
    asyncio.run(subscribe(settings, "alerting-test", terms, dispatch.secret_file.read_text(encoding="utf-8")))
    dispatch.answer()
    try:
        with (
            running_worker(WorkerName.WINDOWS, file, settings),
            running_worker(WorkerName.ALERTING, file, settings) as alerting,
            running_worker(WorkerName.DELIVERY, file, settings) as delivering,
            tail(settings.kafka, TopicName.ALERTS) as alerts,
        ):
            yield Installation(settings, alerting, delivering, dispatch, alerts)
    finally:
        dispatch.fall_silent()


def fresh_entry() -> HotlistEntry:
    return build_entry(id=f"alerting/{uuid4().hex[:12]}")


def sighting(entry: HotlistEntry, camera: str, probability: float, after_s: float = 0.0) -> Match:
    """A match by one camera, of just now."""
    at = to_milliseconds(datetime.now(UTC) + timedelta(seconds=after_s))
    detection = build_detection(id=f"{entry.id}@{camera}", camera=camera, captured_at=at, received_at=at)
    return build_match(
        entry=entry, detection=detection, probability=probability, outcome=Outcome.POSSIBLE, matched_at=at
    )


async def test_a_hit_that_is_only_possible_is_shown_and_dispatch_is_called_once_when_it_grows_likely(
    installation: Installation,
) -> None:
    entry = fresh_entry()
    await installation.match(sighting(entry, "north", 0.2))
    (doubtful,) = installation.shown(entry)
    assert doubtful.hit.outcome is Outcome.POSSIBLE
    assert installation.dispatch.calls(entry) == []

    await installation.match(sighting(entry, "middle", 0.3))
    (likely,) = installation.shown(entry)
    assert (likely.id, likely.hit.revision, likely.hit.outcome) == (doubtful.id, 2, Outcome.LIKELY)
    assert [call.webhook_id for call in installation.dispatch.calls(entry)] == [delivery_id(likely.id, 2)]

    await installation.match(sighting(entry, "south", 0.3))
    (grown,) = installation.shown(entry)
    assert (grown.id, len(grown.hit.sightings)) == (doubtful.id, 3)
    assert len(installation.dispatch.calls(entry)) == 1


async def test_dispatch_is_called_once_for_a_hit_that_grows_and_comes_again_even_to_another_worker(
    installation: Installation,
) -> None:
    entry = fresh_entry()
    await installation.match(sighting(entry, "north", 0.97))
    await installation.match(sighting(entry, "middle", 0.97))
    installation.alerting.kill()
    installation.delivering.kill()
    installation.alerting.start()
    installation.delivering.start()
    hits = [(key, value) for key, value in pairs_of(installation.settings.kafka, TopicName.HITS) if key and value]
    installation.put(TopicName.HITS, [(key, value) for key, value in hits if key == entry.id.encode()])
    await installation.match(sighting(entry, "south", 0.97))

    alerts = installation.shown(entry)
    assert len({alert.id for alert in alerts}) == 1
    assert {alert.hit.revision for alert in alerts} == {1, 2, 3}
    assert [call.webhook_id for call in installation.dispatch.calls(entry)] == [delivery_id(alerts[0].id, 1)]


async def test_a_hit_that_grew_while_dispatch_was_away_is_told_once_when_it_is_back(installation: Installation) -> None:
    entry = fresh_entry()
    installation.dispatch.fall_silent()
    try:
        installation.send(sighting(entry, "north", 0.97), sighting(entry, "middle", 0.97, after_s=1.0))
        await installation.handled(WorkerName.WINDOWS, TopicName.MATCHES)
        first: list[Alert] = []

        async def is_shown() -> bool:
            first.extend(await asyncio.to_thread(installation.shown, entry))
            return bool(first)

        await eventually(is_shown, "people see the alert, though dispatch does not answer")
    finally:
        installation.dispatch.answer()
    await installation.recorded()

    alerts = first + installation.shown(entry)
    assert [alert.hit.revision for alert in alerts] == [1, 2], "no retry is shown a second time"
    assert [call.webhook_id for call in installation.dispatch.calls(entry)] == [delivery_id(alerts[0].id, 1)]


@pytest.mark.policy("KY-J.1")
async def test_a_vehicle_that_was_not_located_and_is_seen_again_calls_dispatch_anew(installation: Installation) -> None:
    entry = fresh_entry()
    await installation.match(sighting(entry, "north", 0.97))
    (raised,) = installation.shown(entry)
    person = Actor("D. Dispatcher", Role.DISPATCHER)
    seen = Comparison(plate_read=entry.plate, state_agrees=True, vehicle_agrees=True)
    async with open_alerts(installation.settings) as alerts:
        await alerts.verify(raised.id, person, seen)
        await alerts.clear(raised.id, person, ClearedOutcome.NOT_LOCATED, reason="gone on arrival")
        await installation.match(sighting(entry, "south", 0.97))
        reopened = await alerts.get(raised.id)
        with pytest.raises(AlertRefusedError, match="must be verified and confirmed"):
            await alerts.dispatch(raised.id, person)

    assert [call.event for call in installation.dispatch.calls(entry)] == ["raised", "verified", "cleared", "reopened"]
    assert (reopened.state, reopened.taken_by, reopened.outcome) == (AlertState.RECEIVED, "", None)
    assert reopened.steps[-1].reason == "after it was cleared as not located, now at south"
    assert (reopened.sounds, reopened.is_verified) == (True, False)


@pytest.mark.policy("KY-I.3")
async def test_what_people_do_reaches_dispatch_after_what_it_knows_already_and_in_order(
    installation: Installation,
) -> None:
    entry = fresh_entry()
    await installation.match(sighting(entry, "north", 0.97))
    (raised,) = installation.shown(entry)
    person = Actor("D. Dispatcher", Role.DISPATCHER)
    seen = Comparison(plate_read=entry.plate, state_agrees=True, vehicle_agrees=True)
    async with open_alerts(installation.settings) as alerts:
        await alerts.verify(raised.id, person, seen)
        await alerts.confirm(raised.id, person)
        await alerts.dispatch(raised.id, person)
        await alerts.clear(raised.id, person, ClearedOutcome.RECOVERY, reason="vehicle recovered")
    await installation.match(sighting(entry, "south", 0.97))

    calls = [call.event for call in installation.dispatch.calls(entry)]
    assert calls == ["raised", "verified", "confirmed", "dispatched", "cleared"]
    shown = [alert.steps[-1].event for alert in installation.shown(entry)]
    assert shown == ["verified", "confirmed", "dispatched", "cleared", "sighted"], "in one partition, in order"
