from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra import metrics
from infra.settings.workers import RetrySettings
from streams.backoff import backoff_s
from streams.codec import InvalidRecordError
from streams.faults import ServiceAwayError, UnhandledError
from streams.guard import Guard
from streams.intake import Taken
from streams.records import DeadLetter
from tests.builders import build_message

RETRY = RetrySettings(first_s=0.2, longest_s=5.0)


@dataclass(slots=True)
class Graveyard:
    """Takes dead letters; `faults` are raised first, one per try."""

    letters: list[DeadLetter] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)

    async def bury(self, letter: DeadLetter) -> None:
        if self.faults:
            raise self.faults.pop(0)
        self.letters.append(letter)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)

    def guard(self, stage: str = "test") -> Guard:
        return Guard(stage, RETRY, self.bury, self.sleep)


def batch_of(count: int) -> list[Taken[int]]:
    return [Taken(build_message(offset, value=b"%d" % offset), offset) for offset in range(count)]


@given(tries=st.integers(1, 10_000), draw=st.floats(0, 1))
def test_backoff_is_bounded_and_never_hammers(tries: int, draw: float) -> None:
    wait = backoff_s(RETRY, tries, lambda: draw)
    assert RETRY.first_s / 10 <= wait <= RETRY.longest_s


def test_backoff_grows_with_the_tries_until_the_cap() -> None:
    waits = [backoff_s(RETRY, tries, lambda: 1.0) for tries in range(1, 8)]
    assert waits == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]


async def test_a_service_that_is_away_is_waited_for_however_long_it_takes() -> None:
    yard = Graveyard()
    guard = yard.guard()
    tries = 0

    async def body(_: Sequence[Taken[int]]) -> None:
        nonlocal tries
        tries += 1
        if tries <= 500:
            raise ServiceAwayError("redis", "connection refused")

    await guard.handle(batch_of(3), body)
    assert tries == 501
    assert len(yard.slept) == 500
    assert max(yard.slept) <= RETRY.longest_s
    assert not yard.letters
    assert guard.waiting_for is None


async def test_the_guard_says_whom_it_waits_for_while_it_waits() -> None:
    guard: Guard
    seen: list[str | None] = []

    async def sleep(_: float) -> None:
        seen.append(guard.waiting_for)

    guard = Guard("test", RETRY, Graveyard().bury, sleep)
    faults = [ServiceAwayError("redis", "away"), ServiceAwayError("kafka", "away")]

    async def body(_: Sequence[Taken[int]]) -> None:
        if faults:
            raise faults.pop(0)

    await guard.handle(batch_of(1), body)
    assert seen == ["redis", "kafka"]


async def test_no_service_counts_as_waited_for_once_the_stage_goes_on_even_if_two_were_away_in_turn() -> None:
    faults = [ServiceAwayError("redis", "away"), ServiceAwayError("elasticsearch", "away")]

    async def body(_: Sequence[Taken[int]]) -> None:
        if faults:
            raise faults.pop(0)

    await Graveyard().guard("two-away").handle(batch_of(1), body)
    waits = [metrics.REGISTRY.get_sample_value(
        "platewatch_stage_waiting", {"stage": "two-away", "service": service}
    ) for service in ("redis", "elasticsearch")]  # fmt: skip
    assert waits == [0.0, 0.0]


async def test_one_bad_message_is_dead_lettered_alone_and_the_rest_of_its_batch_is_handled() -> None:
    yard = Graveyard()
    handled: list[int] = []

    async def body(batch: Sequence[Taken[int]]) -> None:
        if any(taken.prepared == 2 for taken in batch):
            msg = "offset 2 is bad"
            raise UnhandledError(msg)
        handled.extend(taken.prepared for taken in batch)

    await yard.guard().handle(batch_of(5), body)
    assert handled == [0, 1, 3, 4]
    (letter,) = yard.letters
    assert (letter.stage, letter.topic, letter.partition, letter.offset) == ("test", "pw.detections", 0, 2)
    assert (letter.key, letter.value) == (b"A8C123", b"2")
    assert (letter.error, letter.reason) == ("UnhandledError", "offset 2 is bad")
    assert "offset 2 is bad" in letter.stack


async def test_a_letter_has_the_same_id_when_its_message_is_delivered_again() -> None:
    yard = Graveyard()

    async def body(_: Sequence[Taken[int]]) -> None:
        raise UnhandledError

    for _ in range(2):
        await yard.guard().handle(batch_of(1), body)
    first, second = yard.letters
    assert first.id == second.id


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(UnhandledError("bad"), id="unhandled"),
        pytest.param(InvalidRecordError("bad"), id="invalid-record"),
        pytest.param(KeyError("bad"), id="programming-fault"),
        pytest.param(TimeoutError(), id="timeout"),
        pytest.param(RecursionError(), id="recursion"),
        pytest.param(MemoryError(), id="memory"),
        pytest.param(OSError(28, "no space left"), id="os-error"),
        pytest.param(AssertionError("bad"), id="assertion"),
        pytest.param(StopAsyncIteration(), id="stop-async-iteration"),
        pytest.param(ExceptionGroup("several", [ValueError("bad")]), id="group"),
        pytest.param(msgspec.ValidationError("bad"), id="validation"),
    ],
)
@pytest.mark.parametrize("size", [1, 3])
async def test_no_fault_of_a_message_gets_out(error: Exception, size: int) -> None:
    yard = Graveyard()

    async def body(_: Sequence[Taken[int]]) -> None:
        raise error

    await yard.guard().handle(batch_of(size), body)
    assert [letter.error for letter in yard.letters] == [type(error).__name__] * size


async def test_cancellation_gets_out_at_once_and_buries_nothing() -> None:
    yard = Graveyard()

    async def body(_: Sequence[Taken[int]]) -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await yard.guard().handle(batch_of(3), body)
    assert not yard.letters


async def test_cancellation_ends_the_wait_for_a_service() -> None:
    waiting = asyncio.Event()

    async def sleep(_: float) -> None:
        waiting.set()
        await asyncio.Event().wait()

    async def body(_: Sequence[Taken[int]]) -> None:
        raise ServiceAwayError("redis", "away")

    guard = Guard("test", RETRY, Graveyard().bury, sleep)
    running = asyncio.create_task(guard.handle(batch_of(1), body))
    await waiting.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert guard.waiting_for is None


async def test_burying_waits_for_kafka() -> None:
    yard = Graveyard(faults=[ServiceAwayError("kafka", "away") for _ in range(20)])

    async def body(_: Sequence[Taken[int]]) -> None:
        raise UnhandledError

    await yard.guard().handle(batch_of(1), body)
    assert len(yard.letters) == 1
    assert len(yard.slept) == 20


async def test_a_letter_that_kafka_refuses_is_buried_without_its_bytes() -> None:
    # In base64 a message near the limit is larger than the limit.
    yard = Graveyard(faults=[UnhandledError("message too large")])

    async def body(_: Sequence[Taken[int]]) -> None:
        msg = "bad"
        raise UnhandledError(msg)

    await yard.guard().handle(batch_of(1), body)
    (letter,) = yard.letters
    assert letter.value is None
    assert "message too large" in letter.reason
    assert "bad" in letter.reason


async def test_a_grave_that_refuses_everything_holds_the_partition_instead_of_losing_the_message() -> None:
    yard = Graveyard(faults=[UnhandledError("not authorised") for _ in range(30)])

    async def body(_: Sequence[Taken[int]]) -> None:
        raise UnhandledError

    await yard.guard().handle(batch_of(1), body)
    assert len(yard.letters) == 1
    assert len(yard.slept) >= 28


async def test_messages_are_counted_once_however_they_ended() -> None:
    def count() -> float:
        return metrics.REGISTRY.get_sample_value("platewatch_messages_handled_total", {"stage": "counted"}) or 0.0

    async def body(batch: Sequence[Taken[int]]) -> None:
        if any(taken.prepared == 1 for taken in batch):
            raise UnhandledError

    await Graveyard().guard("counted").handle(batch_of(4), body)
    assert count() == 4
