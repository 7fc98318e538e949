from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.settings.alerts import AlertSettings
from infra.settings.workers import RetrySettings
from streams.alerts.growth import grow
from streams.alerts.life import alert_id_of, raise_alert
from streams.alerts.recorder import AlertRecorder, plan
from streams.alerts.steps import clear, reject, take, verify
from streams.alerts.store import AlertToWrite, StoredAlert
from streams.faults import ServiceAwayError, UnhandledError
from streams.people import Actor, Role
from streams.records import Alert, AlertEvent, AlertState, ClearedOutcome, Hit, HitSighting, Outcome
from tests.alert_builders import AGREES, DIFFERS, build_sighting
from tests.builders import build_hit, moment
from tests.kept_states import Crash, MemoryStates

SETTINGS = AlertSettings()
DISPATCHER = Actor("D. Dispatcher", Role.DISPATCHER)


def hit(revision: int = 1, **changes: Any) -> Hit:
    return msgspec.structs.replace(build_hit(), revision=revision, **changes)


def stored(alert: Alert, *, unpublished: bool = False) -> StoredAlert:
    return StoredAlert(alert, unpublished, seq_no=1, primary_term=1)


class Documents:
    """An index in memory that compares and swaps; it can be away, and somebody can step in between."""

    def __init__(self) -> None:
        self.kept: dict[str, StoredAlert] = {}
        self.away = False
        self.unreadable = ""
        self.refused: set[str] = set()
        self.step_in_between = False
        self._seq_no = 0
        self.told_by_people: set[int] = set()
        self.mishap: Callable[[], None] = lambda: None

    async def get_many(self, alert_ids: Sequence[str]) -> dict[str, StoredAlert]:
        if self.away:
            service = "elasticsearch"
            raise ServiceAwayError(service, "no answer")
        if self.unreadable in alert_ids:
            msg = f"the document of alert {self.unreadable} cannot be read"
            raise UnhandledError(msg)
        found = {name: self.kept[name] for name in alert_ids if name in self.kept}
        if self.step_in_between:
            self.step_in_between = False
            for one in found.values():
                if one.alert.taken_by:
                    continue
                if one.unpublished:
                    self.told_by_people.add(one.alert.revision)  # as whoever writes over it does
                self._put(AlertToWrite(take(one.alert, DISPATCHER, moment(5)), one, unpublished=False))
        return found

    async def write_many(self, writes: Sequence[AlertToWrite]) -> list[StoredAlert | None]:
        if writes:
            self.mishap()
        written = [self._put(one) for one in writes if one.alert.id not in self.refused]
        if len(written) < len(writes):
            msg = "Elasticsearch refuses an alert"
            raise UnhandledError(msg)
        return written

    def put(self, alert: Alert) -> None:
        """Write over whatever is there, as a person does who has read it."""
        self._put(AlertToWrite(alert, self.kept[alert.id], unpublished=False))

    def _put(self, write: AlertToWrite) -> StoredAlert | None:
        before = self.kept.get(write.alert.id)
        if (write.over is None) != (before is None) or (before and write.over and before.seq_no != write.over.seq_no):
            return None
        self._seq_no += 1
        self.kept[write.alert.id] = StoredAlert(write.alert, write.unpublished, self._seq_no, 1)
        return self.kept[write.alert.id]


class Room:
    """A recorder, and what it has told."""

    def __init__(self) -> None:
        self.states, self.documents = MemoryStates(), Documents()
        self.told: list[tuple[int, AlertEvent]] = []

    async def publish(self, alert: Alert) -> None:
        self.documents.mishap()
        self.told.append((alert.revision, alert.steps[-1].event))

    def recorder(self) -> AlertRecorder:
        return AlertRecorder(
            self.states, self.documents, self.publish, settings=SETTINGS, retry=RetrySettings(first_s=0.01)
        )

    @property
    def document(self) -> Alert:
        return self.documents.kept[alert_id_of(hit())].alert


async def everything(recorder: AlertRecorder) -> None:
    while await recorder.record():
        pass


async def test_an_alert_is_told_though_elasticsearch_is_away_and_its_document_follows() -> None:
    room = Room()
    room.documents.away = True
    recorder = room.recorder()
    await recorder.take(hit(), partition=0)
    assert room.told == [(1, AlertEvent.RAISED)]
    with pytest.raises(ServiceAwayError):
        await recorder.record()
    room.documents.away = False
    await everything(recorder)
    assert room.document == raise_alert(hit(), SETTINGS)
    assert len(room.told) == 1


async def test_what_grows_is_told_on_top_of_what_people_did() -> None:
    room = Room()
    recorder = room.recorder()
    await recorder.take(hit(), 0)
    await everything(recorder)
    room.documents.step_in_between = True
    await recorder.take(hit(2), 0)
    assert await recorder.record() == 1, "somebody was faster"
    await everything(recorder)
    assert [step.event for step in room.document.steps] == [AlertEvent.RAISED, AlertEvent.TAKEN, AlertEvent.SIGHTED]
    assert room.told == [(1, AlertEvent.RAISED), (3, AlertEvent.SIGHTED)]


async def test_an_alert_that_becomes_likely_before_its_document_is_there_still_calls() -> None:
    room = Room()
    recorder = room.recorder()
    await recorder.take(hit(1, outcome=Outcome.POSSIBLE), 0)
    await recorder.take(hit(2, outcome=Outcome.POSSIBLE), 0)
    await recorder.take(hit(3, outcome=Outcome.LIKELY), 0)
    await everything(recorder)
    assert room.told == [(1, AlertEvent.RAISED), (2, AlertEvent.UPGRADED)]


async def test_a_replay_of_a_hit_changes_nothing() -> None:
    room = Room()
    for _ in range(2):
        recorder = room.recorder()
        await recorder.take(hit(), 0)
        await recorder.take(hit(2), 0)
        await everything(recorder)
    assert room.document.revision == 2
    assert set(room.told) == {(1, AlertEvent.RAISED), (2, AlertEvent.SIGHTED)}


def seen_again(revision: int, *sightings: HitSighting, **changes: Any) -> Hit:
    """The hit grown by sightings after the first, which opened it."""
    return hit(revision, sightings=(build_sighting(), *sightings), **changes)


async def closed_room(close: Callable[[Alert], Alert], first: Hit) -> tuple[Room, AlertRecorder]:
    """A room whose alert a person has closed."""
    room = Room()
    recorder = room.recorder()
    await recorder.take(first, 0)
    await everything(recorder)
    room.documents.put(close(room.document))
    return room, recorder


def not_located(alert: Alert) -> Alert:
    verified = verify(alert, DISPATCHER, AGREES, moment(10))
    return clear(verified, DISPATCHER, ClearedOutcome.NOT_LOCATED, reason="gone", now=moment(20))


async def test_an_alert_that_is_refused_holds_up_no_other_and_is_recorded_once_it_can_be() -> None:
    room, refused = Room(), hit(id="refused")
    room.documents.refused = {alert_id_of(refused)}
    recorder = room.recorder()
    recording = asyncio.create_task(recorder.run())
    await recorder.take(refused, 0)
    await recorder.take(hit(), 0)
    await recorder.take(hit(2), 0)
    async with asyncio.timeout(10):
        while (2, AlertEvent.SIGHTED) not in room.told or len(room.states.items()) > 1:
            assert not recording.done(), "the worker of all alerts ends with one"
            await asyncio.sleep(0)
        room.documents.refused.clear()
        while room.states.items():
            await asyncio.sleep(0)
    recording.cancel()
    assert set(room.documents.kept) == {alert_id_of(refused), alert_id_of(hit())}


async def test_what_was_closed_and_is_seen_again_several_times_at_once_calls_once() -> None:
    room, recorder = await closed_room(not_located, seen_again(1))
    west, south, east = (build_sighting(at_s=at_s) for at_s in (300, 310, 320))
    await recorder.take(seen_again(2, west), 0)
    await recorder.take(seen_again(3, west, south), 0)
    await recorder.take(seen_again(4, west, south, east), 0)
    await everything(recorder)
    assert room.told[1:] == [(4, AlertEvent.REOPENED), (5, AlertEvent.SIGHTED)]
    assert (room.document.state, room.document.hit.revision) == (AlertState.RECEIVED, 4)


@pytest.mark.parametrize(
    "grades", [(Outcome.POSSIBLE, Outcome.LIKELY), (Outcome.POSSIBLE, Outcome.POSSIBLE, Outcome.LIKELY)]
)
async def test_what_was_rejected_and_grows_surer_over_several_hits_that_wait_calls(grades: tuple[Outcome, ...]) -> None:
    room, recorder = await closed_room(
        lambda alert: reject(alert, DISPATCHER, DIFFERS, reason="an 8", now=moment(10)),
        seen_again(1, outcome=Outcome.POSSIBLE),
    )
    sightings = [build_sighting(at_s=300 + number) for number in range(len(grades))]
    for number, outcome in enumerate(grades, 1):
        await recorder.take(seen_again(1 + number, *sightings[:number], outcome=outcome), 0)
    await everything(recorder)
    assert room.told[1:] == [(3, AlertEvent.SIGHTED), (4, AlertEvent.REOPENED)]
    assert room.document.sounds


async def test_an_alert_that_a_person_closes_while_it_grows_is_reopened_by_what_that_person_did_not_see() -> None:
    room, recorder = await closed_room(lambda alert: alert, seen_again(1))
    await recorder.take(seen_again(2, build_sighting(at_s=15)), 0)
    room.documents.put(not_located(room.document))
    await everything(recorder)
    assert room.told[1:] == [(4, AlertEvent.REOPENED)]


async def test_an_alert_whose_document_cannot_be_read_keeps_no_other_from_its_own() -> None:
    room = Room()
    recorder = room.recorder()
    others = [hit(id=f"hit-{number}") for number in range(7)]
    for one in [*others[:3], hit(), *others[3:]]:
        await recorder.take(one, 0)
    room.documents.unreadable = alert_id_of(hit())
    with pytest.raises(UnhandledError, match="cannot be read"):
        await everything(recorder)
    assert set(room.documents.kept) == {alert_id_of(one) for one in others}
    room.documents.unreadable = ""
    await everything(recorder)
    assert room.document == raise_alert(hit(), SETTINGS)


def test_a_revision_that_was_written_and_not_told_is_told_before_the_next() -> None:
    untold = grow(raise_alert(hit(), SETTINGS), hit(2))
    assert untold is not None
    planned = plan([hit(3)], stored(untold, unpublished=True), SETTINGS)
    assert planned.tell_before == untold
    assert planned.tell_after is not None
    assert planned.tell_after.revision == 3


def test_an_alert_whose_first_hit_was_never_seen_here_is_raised_and_told() -> None:
    planned = plan([hit(4)], None, SETTINGS)
    assert planned.tell_after is not None
    assert planned.tell_after.steps[-1].event is AlertEvent.RAISED


@given(st.integers(0, 25), st.lists(st.sampled_from(["take", "record", "step"]), min_size=1, max_size=12))
async def test_wherever_the_worker_is_killed_every_revision_is_told(writes: int, order: list[str]) -> None:
    room = Room()
    room.states.writes_left = writes
    room.documents.mishap = room.states.mishap
    hits = [hit(1, outcome=Outcome.POSSIBLE), hit(2, outcome=Outcome.LIKELY), hit(3, outcome=Outcome.EXACT)]

    async def work() -> None:
        recorder, left = room.recorder(), list(hits)
        for act in order:
            if act == "take" and left:
                await recorder.take(left.pop(0), 0)
            elif act == "step":
                room.documents.step_in_between = True
                await recorder.record()
            else:
                await recorder.record()
        for one in left:
            await recorder.take(one, 0)
        await everything(recorder)

    try:
        await work()
    except Crash:
        room.states.restart()
        await work()
    assert room.document.hit == hits[-1]
    assert AlertEvent.UPGRADED in [event for _, event in room.told]
    # What a person did, that person tells.
    untold = {number for number, step in enumerate(room.document.steps, 1) if step.event is not AlertEvent.TAKEN}
    assert untold <= {revision for revision, _ in room.told} | room.documents.told_by_people
