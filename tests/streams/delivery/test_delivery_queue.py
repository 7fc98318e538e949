from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streams.delivery.delivery_queue import DeliveryQueue, Parcel
from streams.records import AlertEvent


def parcel(alert: str = "a", revision: int = 1, **changes: Any) -> Parcel:
    facts: dict[str, Any] = {
        "alert": alert,
        "revision": revision,
        "event": AlertEvent.RAISED,
        "subscription": "metro-cad",
        "priority": 3,
        "raised_at_s": 100.0,
        "queued_at_s": 100.0,
        "partition": 0,
    }
    return Parcel(**(facts | changes))


def filled(*parcels: Parcel) -> DeliveryQueue:
    queue = DeliveryQueue()
    for one in parcels:
        queue.add(one)
    return queue


def drained(queue: DeliveryQueue, now_s: float = 0.0) -> list[tuple[str, int]]:
    """All in the order in which they go, each delivered before the next."""
    order = []
    while (one := queue.take(now_s)) is not None:
        order.append(one.key)
        queue.settle(one)
    return order


def test_the_most_urgent_goes_first_and_of_equally_urgent_ones_the_oldest() -> None:
    queue = filled(
        parcel("late", priority=3, raised_at_s=9.0),
        parcel("early", priority=3, raised_at_s=1.0),
        parcel("amber", priority=1, raised_at_s=50.0),
    )
    assert [alert for alert, _ in drained(queue)] == ["amber", "early", "late"]


def test_of_one_alert_only_one_revision_is_under_way_and_the_earliest() -> None:
    queue = filled(parcel("a", 1), parcel("a", 2), parcel("b", 1))
    first, second = queue.take(0.0), queue.take(0.0)
    assert first is not None
    assert second is not None
    assert {first.key, second.key} == {("a", 1), ("b", 1)}
    assert queue.take(0.0) is None
    queue.settle(first if first.alert == "a" else second)
    third = queue.take(0.0)
    assert third is not None
    assert third.key == ("a", 2)


def test_a_later_revision_waits_until_the_one_that_failed_is_settled() -> None:
    queue = filled(parcel("a", 1), parcel("a", 2))
    first = queue.take(0.0)
    assert first is not None
    queue.again(first, at_s=10.0)
    assert queue.take(9.9) is None
    assert queue.next_at_s() == 10.0
    again = queue.take(10.0)
    assert again == first
    assert queue.tries(first) == 1


def test_what_comes_out_of_order_goes_in_order() -> None:
    assert drained(filled(parcel("a", 3), parcel("a", 1), parcel("a", 2))) == [("a", 1), ("a", 2), ("a", 3)]


def test_a_revision_that_comes_after_a_later_one_has_begun_goes_next() -> None:
    queue = filled(parcel("a", 2))
    begun = queue.take(0.0)
    queue.add(parcel("a", 1))
    assert begun is not None
    queue.settle(begun)
    assert drained(queue) == [("a", 1)]


def test_an_endpoint_that_is_back_gets_at_once_what_waited_for_its_time() -> None:
    queue = filled(parcel("a"), parcel("b"))
    for _ in range(2):
        one = queue.take(0.0)
        assert one is not None
        queue.again(one, at_s=300.0)
    queue.hurry(5.0)
    assert len(drained(queue, 5.0)) == 2


def test_what_another_worker_has_is_forgotten_and_its_answer_too() -> None:
    queue = filled(parcel("a", partition=1), parcel("b", partition=2))
    under_way = queue.take(0.0)
    assert under_way is not None
    assert under_way.alert == "a"
    queue.drop_partition(1)
    assert queue.tries(under_way) == 0, "whoever has just begun with it asks"
    queue.settle(under_way)
    assert drained(queue) == [("b", 1)]
    assert len(queue) == 0


def test_what_has_waited_too_long_can_be_taken_out_wherever_it_stands() -> None:
    queue = filled(parcel("a", queued_at_s=1.0), parcel("b", queued_at_s=50.0))
    old = queue.take_older(10.0)
    assert old is not None
    assert old.alert == "a"
    assert queue.take_older(10.0) is None


class Model:
    """What a queue must do, without heaps."""

    def __init__(self) -> None:
        self.waiting: dict[tuple[str, int], Parcel] = {}
        self.not_before: dict[str, float] = {}
        self.under_way: set[str] = set()

    def may_go(self, now_s: float) -> list[Parcel]:
        firsts: dict[str, Parcel] = {}
        for one in self.waiting.values():
            if one.alert not in firsts or one.revision < firsts[one.alert].revision:
                firsts[one.alert] = one
        free = [
            one
            for one in firsts.values()
            if one.alert not in self.under_way and self.not_before.get(one.alert, 0.0) <= now_s
        ]
        return sorted(free, key=lambda one: (one.priority, one.raised_at_s, one.alert))


@given(
    st.lists(
        st.tuples(st.sampled_from(["add", "take", "again", "settle", "time", "hurry"]), st.integers(0, 5)), max_size=120
    )
)
def test_whatever_happens_it_goes_by_urgency_and_in_order_and_nothing_is_lost(steps: list[tuple[str, int]]) -> None:
    queue, model, now, revisions = DeliveryQueue(), Model(), 0.0, dict.fromkeys("abc", 0)
    begun: list[Parcel] = []
    for kind, number in steps:
        if kind == "add":
            alert = "abc"[number % 3]
            revisions[alert] += 1
            one = parcel(alert, revisions[alert], priority=1 + "abc".index(alert) % 2, raised_at_s=float(ord(alert)))
            queue.add(one)
            model.waiting[one.key] = one
        elif kind == "take":
            expected = model.may_go(now)
            taken = queue.take(now)
            assert taken == (expected[0] if expected else None)
            if taken is not None:
                begun.append(taken)
                model.under_way.add(taken.alert)
        elif kind in ("again", "settle") and begun:
            one = begun.pop(number % len(begun))
            model.under_way.discard(one.alert)
            if kind == "settle":
                queue.settle(one)
                del model.waiting[one.key]
                model.not_before.pop(one.alert, None)
            else:
                queue.again(one, now + number)
                model.not_before[one.alert] = now + number
        elif kind == "time":
            now += number
        elif kind == "hurry":
            queue.hurry(now)
            for alert in set(model.not_before) - model.under_way:
                model.not_before[alert] = min(model.not_before[alert], now)
        assert len(queue) == len(model.waiting)
    assert {one.key for one in queue} == set(model.waiting)
