from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.codec import encode
from streams.delivery.delivery_queue import Parcel
from streams.delivery.outbox import Outbox
from streams.faults import ServiceAwayError, UnhandledError
from streams.records import Alert
from tests.builders import build_alert
from tests.kept_states import Crash, MemoryStates

NOW = 1000.0


async def put(outbox: Outbox, alert: Alert, *subscriptions: str, now_s: float = NOW) -> list[str]:
    parcels = await outbox.put(alert, encode(alert), subscriptions, partition=2, now_s=now_s)
    return [one.subscription for one in parcels]


async def test_what_is_put_in_is_pending_for_each_who_wants_it_until_it_is_settled() -> None:
    outbox, alert = Outbox(MemoryStates()), build_alert()
    await put(outbox, alert, "cad", "wall")
    first, second = outbox.pending()
    assert {first.subscription, second.subscription} == {"cad", "wall"}
    assert first.partition == 2
    assert outbox.alert(first) == alert
    await outbox.settle(first, NOW)
    assert outbox.pending() == [second]
    await outbox.settle(second, NOW)
    assert outbox.pending() == []


async def test_the_alerts_bytes_are_kept_no_longer_than_somebody_waits_for_them() -> None:
    states = MemoryStates()
    outbox = Outbox(states)
    await put(outbox, build_alert(), "cad", "wall")
    (first, second), before = outbox.pending(), len(states.durable)
    await outbox.settle(first, NOW)
    assert len(states.durable) == before
    await outbox.settle(second, NOW)
    assert len(states.durable) == before - 1
    with pytest.raises(UnhandledError, match="not in the outbox"):
        outbox.alert(second)


async def test_a_revision_that_nobody_wants_is_known_all_the_same() -> None:
    outbox = Outbox(MemoryStates())
    assert await put(outbox, build_alert()) == []
    assert outbox.knows(build_alert())


async def test_a_replay_is_known_also_after_a_restart_and_after_it_was_delivered() -> None:
    states = MemoryStates()
    outbox = Outbox(states)
    await put(outbox, build_alert(), "cad")
    await outbox.settle(outbox.pending()[0], NOW)
    states.restart()
    assert Outbox(states).knows(build_alert())
    assert not Outbox(states).knows(build_alert(revision=2))


async def test_what_was_queued_keeps_its_time_over_a_restart() -> None:
    states = MemoryStates()
    await put(Outbox(states), build_alert(), "cad", now_s=5.0)
    states.restart()
    assert [one.queued_at_s for one in Outbox(states).pending()] == [5.0]


async def test_a_revision_that_was_delivered_can_be_put_in_once_more() -> None:
    outbox = Outbox(MemoryStates())
    await put(outbox, build_alert(), "cad")
    await outbox.settle(outbox.pending()[0], NOW)
    assert await put(outbox, build_alert(), "cad") == ["cad"]
    assert len(outbox.pending()) == 1


async def test_to_settle_twice_does_no_harm() -> None:
    outbox = Outbox(MemoryStates())
    await put(outbox, build_alert(), "cad")
    (parcel,) = outbox.pending()
    await outbox.settle(parcel, NOW)
    await outbox.settle(parcel, NOW)
    assert outbox.pending() == []


async def test_old_alerts_are_forgotten_but_never_one_that_somebody_waits_for() -> None:
    states = MemoryStates()
    outbox = Outbox(states)
    await put(outbox, build_alert(id="done"), "cad", now_s=1.0)
    await outbox.settle(outbox.pending()[0], 2.0)
    await put(outbox, build_alert(id="waiting"), "cad", now_s=1.0)
    assert await outbox.forget_older(10.0, at_most=100) == 1
    assert not outbox.knows(build_alert(id="done"))
    assert outbox.knows(build_alert(id="waiting"))


async def test_what_kafka_did_not_take_is_not_known_though_it_is_in_memory() -> None:
    states = MemoryStates()
    outbox, alert = Outbox(states), build_alert()
    states.away = 1
    with pytest.raises(ServiceAwayError):
        await put(outbox, alert, "cad")
    assert not outbox.knows(alert), "whoever passed it over would commit its offset and lose it"
    assert await put(outbox, alert, "cad") == ["cad"]
    assert outbox.knows(alert)
    states.restart()
    assert [one.subscription for one in Outbox(states).pending()] == ["cad"]


async def test_an_alert_to_which_something_happens_while_others_are_forgotten_is_kept() -> None:
    states = MemoryStates()
    outbox = Outbox(states)
    for name in ("first", "second"):
        await put(outbox, build_alert(id=name), now_s=1.0)
    delete = states.delete

    async def slow_delete(partition: int, key: bytes) -> None:
        await put(outbox, build_alert(id="second", revision=2), "cad", now_s=20.0)
        await delete(partition, key)

    states.delete = slow_delete  # type: ignore[method-assign]
    assert await outbox.forget_older(10.0, at_most=100) == 1
    assert [one.key for one in Outbox(states).pending()] == [("second", 2)]


async def test_a_ledger_that_cannot_be_read_keeps_no_other_from_being_delivered() -> None:
    states = MemoryStates()
    outbox = Outbox(states)
    await put(outbox, build_alert(id="readable"), "cad")
    await states.set(2, b"L/newer", b"\x93\x01\x02\x03")
    assert [one.alert for one in outbox.pending()] == ["readable"]
    assert await outbox.forget_older(NOW + 1, at_most=100) == 0


@given(st.integers(0, 12), st.integers(0, 3))
async def test_wherever_the_worker_is_killed_nobody_misses_a_revision(writes: int, away: int) -> None:
    """As the agent does it: passed over where it is known, else put in; retried while Kafka is away; replayed after."""
    states = MemoryStates()
    states.writes_left, states.away = writes, away
    delivered: set[tuple[str, int]] = set()
    revisions = [build_alert(revision=number) for number in (1, 2)]

    async def work() -> None:
        outbox = Outbox(states)
        await deliver(outbox, outbox.pending())
        for alert in revisions:
            while not outbox.knows(alert):
                try:
                    parcels = await outbox.put(alert, encode(alert), ["cad", "wall"], partition=2, now_s=NOW)
                except ServiceAwayError:
                    continue
                await deliver(outbox, parcels)

    async def deliver(outbox: Outbox, parcels: list[Parcel]) -> None:
        for parcel in parcels:
            outbox.alert(parcel)
            delivered.add((parcel.subscription, parcel.revision))
            try:
                await outbox.settle(parcel, NOW)
            except ServiceAwayError:
                await outbox.settle(parcel, NOW)

    states.away = min(away, 1)
    try:
        await work()
    except Crash:
        states.restart()
        await work()
    assert delivered == {(name, number) for name in ("cad", "wall") for number in (1, 2)}
    assert Outbox(states).pending() == []
