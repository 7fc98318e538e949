from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec
import pytest

from streams.delivery.subscription import SecretName, Subscription
from streams.delivery.subscription_store import StoredSubscription, SubscriptionListing
from streams.delivery.subscription_watch import SubscriptionChanges, SubscriptionWatch
from streams.faults import ServiceAwayError
from tests.builders import build_subscription

CAD = build_subscription()
RMS = build_subscription(id="metro-rms")
CAD_2 = build_subscription(version=2, disabled_because="under repair")
AWAY = ServiceAwayError("elasticsearch", "no answer")


Reading = Sequence[Subscription | str] | Exception


class Script:
    """What each reading finds: subscriptions, ids that cannot be read, or an error."""

    def __init__(self, *readings: Reading) -> None:
        self._readings = list(readings)

    async def all(self) -> SubscriptionListing:
        reading = self._readings.pop(0)
        if isinstance(reading, Exception):
            raise reading
        readable = tuple(StoredSubscription(one, False, 1, 1) for one in reading if isinstance(one, Subscription))
        return SubscriptionListing(readable, {one: "of a newer version" for one in reading if isinstance(one, str)})


class Told:
    """Takes changes, and remembers them."""

    def __init__(self) -> None:
        self.changes: list[SubscriptionChanges] = []

    async def take(self, changes: SubscriptionChanges) -> None:
        self.changes.append(changes)


async def watched(*readings: Reading) -> tuple[SubscriptionWatch, list[SubscriptionChanges]]:
    """A watch after so many readings, and what it told of them."""
    told = Told()
    watch = SubscriptionWatch(Script(*readings), 1.0, told.take)
    for _ in readings:
        await watch.refresh()
    return watch, told.changes


async def test_each_change_is_told_once() -> None:
    watch, changes = await watched([CAD], [CAD], [CAD_2, RMS], [RMS])
    assert changes == [
        SubscriptionChanges(added=(CAD,)),
        SubscriptionChanges(added=(RMS,), changed=(CAD_2,)),
        SubscriptionChanges(removed=(CAD_2,)),
    ]
    assert watch.subscriptions == (RMS,)


async def test_the_first_reading_is_told_even_where_there_are_none() -> None:
    watch, changes = await watched([])
    assert changes == [SubscriptionChanges()]
    assert watch.ready


async def test_it_is_not_ready_before_the_first_reading_and_keeps_what_it_has_after_it() -> None:
    watch, changes = await watched(AWAY, AWAY)
    assert not watch.ready
    assert changes == []
    watch, changes = await watched([CAD], AWAY, AWAY)
    assert watch.ready
    assert watch.subscriptions == (CAD,)
    assert len(changes) == 1


async def test_one_that_cannot_be_read_stays_as_it_was_and_holds_up_no_other() -> None:
    watch, changes = await watched([CAD], ["metro-cad", RMS], ["metro-cad", "new-one", RMS], [CAD_2, RMS])
    assert changes == [
        SubscriptionChanges(added=(CAD,)),
        SubscriptionChanges(added=(RMS,)),
        SubscriptionChanges(),
        SubscriptionChanges(changed=(CAD_2,)),
    ]
    assert watch.subscriptions == (CAD_2, RMS)


async def test_it_says_which_cannot_be_read_and_tells_when_that_changes() -> None:
    watch, changes = await watched(["new-one", RMS], ["new-one", RMS])
    assert watch.unreadable == {"new-one"}
    assert len(changes) == 1
    watch, changes = await watched(["new-one", RMS], [RMS])
    assert watch.unreadable == frozenset()
    assert changes == [SubscriptionChanges(added=(RMS,)), SubscriptionChanges()]


async def test_one_that_is_unreadable_when_it_is_removed_goes() -> None:
    _, changes = await watched([CAD], ["metro-cad"], [])
    assert changes[-1] == SubscriptionChanges(removed=(CAD,))


async def test_it_reads_again_and_again_until_it_is_cancelled() -> None:
    told, slept = Told(), list[float]()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await asyncio.sleep(0)

    watch = SubscriptionWatch(Script(AWAY, [CAD], [CAD_2], *[[CAD_2]] * 1000), 2.5, told.take, sleep=sleep)
    running = asyncio.create_task(watch.run())
    await watch.wait_ready()
    while len(told.changes) < 2:
        await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert set(slept) == {2.5}
    assert told.changes == [SubscriptionChanges(added=(CAD,)), SubscriptionChanges(changed=(CAD_2,))]


async def test_it_is_ready_only_after_the_first_reading_was_taken() -> None:
    seen: list[bool] = []

    async def take(_: SubscriptionChanges) -> None:
        seen.append(watch.ready)

    watch = SubscriptionWatch(Script([CAD]), 1.0, take)
    await watch.refresh()
    assert seen == [False]
    assert watch.ready


async def test_a_change_of_secrets_alone_is_a_change() -> None:
    resealed = msgspec.structs.replace(CAD, sealed={SecretName.SIGNING: "sealed anew"})
    _, changes = await watched([CAD], [resealed])
    assert changes[-1] == SubscriptionChanges(changed=(resealed,))
