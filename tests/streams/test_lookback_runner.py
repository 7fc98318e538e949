from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from infra.settings import Settings
from infra.settings.local_entries import LookbackSettings
from infra.settings.pipeline import MatchingSettings
from streams.documents import document
from streams.faults import ServiceAwayError, UnhandledError
from streams.lookback import Lookback, Stage, plan
from streams.lookback_runner import IndexedPass, LookbackRunner, join
from streams.records import Detection, Match
from tests.builders import build_detection, moment
from tests.local_entry_builders import build_change

SETTINGS = LookbackSettings(page=2, settle_s=60)
MONTH = timedelta(days=30)


class States:
    """Keeps look-backs in memory."""

    def __init__(self) -> None:
        self.kept: dict[bytes, bytes] = {}

    def get(self, key: bytes) -> bytes | None:
        return self.kept.get(key)

    async def set(self, partition: int, key: bytes, value: bytes) -> None:
        assert partition == 2
        self.kept[key] = value

    def items(self) -> Iterable[tuple[bytes, bytes]]:
        return list(self.kept.items())

    def put(self, lookback: Lookback) -> Lookback:
        self.kept[lookback.entry.id.encode()] = msgspec.msgpack.encode(lookback)
        return lookback

    def of(self, entry_id: str) -> Lookback:
        return msgspec.msgpack.decode(self.kept[entry_id.encode()], type=Lookback)


class Index:
    """Gives passes in order, page by page; what is looked at again has been there for long."""

    def __init__(self, *detections: Detection) -> None:
        self.found = [
            IndexedPass((int(one.captured_at.timestamp() * 1000), one.id), as_indexed(one)) for one in detections
        ]
        self.asked: list[dict[str, Any]] = []
        self.fault: Exception | None = None

    async def search(self, body: dict[str, Any]) -> list[IndexedPass]:
        self.asked.append(body)
        if self.fault is not None:
            raise self.fault
        if any("received_at" in each.get("range", {}) for each in body["query"]["bool"]["filter"]):
            return []
        after = tuple(body.get("search_after", ()))
        return [one for one in self.found if one.sort > after][: body["size"]]


class Matching:
    """Takes matches; forgets none."""

    def __init__(self) -> None:
        self.matches: list[Match] = []
        self.is_away = False

    async def send(self, match: Match) -> None:
        if self.is_away:
            service = "kafka"
            raise ServiceAwayError(service, "no answer")
        self.matches.append(match)

    def ids(self) -> list[str]:
        return [one.id for one in self.matches]


def as_indexed(detection: Detection) -> dict[str, Any]:
    source: dict[str, Any] = json.loads(json.dumps(document(detection).source))
    return source


def begun(entry_id: str = "e1", at_s: float = 1000, partition: int = 2, **terms: Any) -> Lookback:
    lookback = plan(None, build_change(entry_id, **terms), partition, moment(at_s))
    assert lookback is not None
    return lookback


async def run_out(runner: LookbackRunner, at_s: float = 5000) -> int:
    """Take all steps that are due; how many there were."""
    steps = 0
    while (due := runner.next_due(SETTINGS, moment(at_s))) is not None:
        await runner.step(due, SETTINGS, MatchingSettings(), limit=MONTH)
        steps += 1
    return steps


def sure(at_s: float, plate: str = "ABC123") -> Detection:
    return build_detection(plate, at_s, confidence=0.97)


@pytest.mark.policy("NY-VII.f.3")
async def test_each_earlier_pass_of_the_plate_becomes_a_historical_match() -> None:
    states, matching = States(), Matching()
    lookback = states.put(begun())
    index = Index(*(sure(at_s) for at_s in (-90000, -100, -50, -7, 0)))
    runner = LookbackRunner(states, index.search, matching.send, lambda _: True)
    assert await run_out(runner) == 4  # three pages, of which the last is not full, and the look again
    assert [one.detection.id for one in matching.matches] == [one.source["id"] for one in index.found]
    assert all(one.historical and one.entry == lookback.entry for one in matching.matches)
    assert states.of("e1").stage is Stage.DONE
    assert (states.of("e1").looked_at, states.of("e1").matched) == (5, 5)


async def test_what_was_read_differently_is_weighed_and_may_be_no_match() -> None:
    states, matching = States(), Matching()
    states.put(begun())
    index = Index(build_detection("XYZ987", -100), sure(-50), build_detection("ABC123", -10, confidence=0.02))
    await run_out(LookbackRunner(states, index.search, matching.send, lambda _: True))
    assert [one.detection.id for one in matching.matches] == ["pass-ABC123--50"]


async def test_a_second_run_gives_the_very_same_matches() -> None:
    first, second, index = Matching(), Matching(), Index(sure(-100), sure(-50), sure(-10))
    for matching in (first, second):
        states = States()
        states.put(begun())
        await run_out(LookbackRunner(states, index.search, matching.send, lambda _: True))
    assert first.matches == second.matches


@pytest.mark.parametrize("steps_before", range(4))
async def test_a_restart_goes_on_where_it_was(steps_before: int) -> None:
    states, matching, index = States(), Matching(), Index(*(sure(-100 + second) for second in range(5)))
    states.put(begun())
    runner = LookbackRunner(states, index.search, matching.send, lambda _: True)
    for _ in range(steps_before):
        due = runner.next_due(SETTINGS, moment(5000))
        assert due is not None
        await runner.step(due, SETTINGS, MatchingSettings(), limit=MONTH)
    again = LookbackRunner(states, index.search, matching.send, lambda _: True)
    assert await run_out(again) == 4 - steps_before
    assert matching.ids() == list(dict.fromkeys(matching.ids()))
    assert len(matching.matches) == 5


async def test_a_page_whose_matches_were_not_taken_is_asked_again() -> None:
    states, matching, index = States(), Matching(), Index(sure(-100), sure(-50))
    lookback = states.put(begun())
    runner = LookbackRunner(states, index.search, matching.send, lambda _: True)
    matching.is_away = True
    with pytest.raises(ServiceAwayError):
        await runner.step(lookback, SETTINGS, MatchingSettings(), limit=MONTH)
    assert states.of("e1") == lookback
    matching.is_away = False
    await run_out(runner)
    assert len(matching.matches) == 2


async def test_a_page_of_an_entry_that_was_withdrawn_meanwhile_does_not_bring_it_back() -> None:
    states, matching = States(), Matching()
    lookback = states.put(begun())

    async def withdrawn_meanwhile(_: dict[str, Any]) -> list[IndexedPass]:
        states.put(msgspec.structs.replace(lookback, stage=Stage.DONE))
        return []

    runner = LookbackRunner(states, withdrawn_meanwhile, matching.send, lambda _: True)
    assert await runner.step(lookback, SETTINGS, MatchingSettings(), limit=MONTH) is None
    assert states.of("e1").stage is Stage.DONE


async def test_the_oldest_goes_first_and_those_of_other_workers_are_left_to_them() -> None:
    states = States()
    states.put(begun("late", 2000))
    states.put(begun("early", 1000))
    states.put(begun("elsewhere", 500, partition=3))
    states.put(msgspec.structs.replace(begun("done", 100), stage=Stage.DONE))
    runner = LookbackRunner(states, Index().search, Matching().send, lambda partition: partition == 2)
    due = runner.next_due(SETTINGS, moment(5000))
    assert due is not None
    assert due.entry.id == "early"
    assert runner.next_due(SETTINGS, moment(0)) is None


async def test_a_refused_look_back_lets_others_go_before_it_and_comes_again() -> None:
    states, index, matching = States(), Index(sure(-10)), Matching()
    states.put(begun("first", 1000))
    states.put(begun("second", 2000))
    runner = LookbackRunner(states, index.search, matching.send, lambda _: True)
    runner.put_off(states.of("first"), moment(6000))
    due = runner.next_due(SETTINGS, moment(5000))
    assert due is not None
    assert due.entry.id == "second"
    due = runner.next_due(SETTINGS, moment(6000))
    assert due is not None
    assert due.entry.id == "first"


@pytest.mark.parametrize(
    ("fault", "wait_s"),
    [
        pytest.param(ServiceAwayError("elasticsearch", "no answer"), 5.0, id="away"),
        pytest.param(UnhandledError("refused"), 0.2, id="refused"),
        pytest.param(None, 0.2, id="well"),
    ],
)
async def test_it_waits_between_requests_and_longer_while_the_index_is_away(
    fault: Exception | None, wait_s: float
) -> None:
    states, index, waits = States(), Index(sure(-10)), list[float]()
    states.put(begun())
    index.fault = fault

    async def stop_after_two(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) > 1:
            raise asyncio.CancelledError

    runner = LookbackRunner(states, index.search, Matching().send, lambda _: True)
    with pytest.raises(asyncio.CancelledError):
        await runner.run(Settings(), lambda: moment(1000), stop_after_two)
    assert waits[0] == wait_s


def test_a_document_that_cannot_be_read_is_passed_over_and_the_rest_goes_on() -> None:
    broken = IndexedPass((1, "x"), {"id": "x"})
    assert join(begun(), broken, MatchingSettings()) is None
    assert join(begun(), IndexedPass((2, "y"), as_indexed(sure(-10))), MatchingSettings()) is not None
