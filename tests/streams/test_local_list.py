from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import pytest

from streams.entry_terms import listed_entry
from streams.faults import ServiceAwayError
from streams.hotlist_store import HotlistIncompleteError, HotlistSupersededError, HotlistUnknownError
from streams.hotlist_topic import Ends, TopicContents
from streams.local_list import LocalList, living
from streams.records import HotlistChange, HotlistEntry
from tests.builders import build_entry, moment
from tests.local_entry_builders import DAY_S, build_change, build_terms


class Store:
    """Notes what it is told; raises the faults in their order first."""

    def __init__(self, *faults: Exception) -> None:
        self.faults = list(faults)
        self.lists: list[list[str]] = []
        self.applied: list[str] = []

    async def replace(self, hotlist: str, entries: Iterable[HotlistEntry], now: datetime) -> object:
        self.raise_next()
        assert (hotlist, now) == ("local", moment())
        self.lists.append([entry.id for entry in entries])
        return None

    async def apply(self, hotlist: str, changes: Sequence[HotlistChange], now: datetime) -> object:
        self.raise_next()
        assert (hotlist, now) == ("local", moment())
        self.applied += [change.entry.id for change in changes]
        return None

    def raise_next(self) -> None:
        if self.faults:
            raise self.faults.pop(0)


class HotlistTopic:
    """pw.hotlist, which grows by one entry each time it was read, so often."""

    def __init__(self, grows: int = 0) -> None:
        self.entries = [listed_entry("e0", build_terms())]
        self.grows = grows

    def contents(self) -> TopicContents:
        told = TopicContents(tuple(self.entries), {0: len(self.entries)}, ())
        if self.grows:
            self.grows -= 1
            self.entries.append(listed_entry(f"e{len(self.entries)}", build_terms()))
        return told

    def ends(self) -> Ends:
        return {0: len(self.entries)}


async def test_a_rebuild_puts_what_is_active_into_the_list() -> None:
    store, topic = Store(), HotlistTopic()
    assert await LocalList(store, topic.contents, topic.ends).rebuild(moment()) == 1
    assert store.lists == [["e0"]]


async def test_a_rebuild_is_done_only_when_nothing_came_in_meanwhile() -> None:
    store, topic = Store(), HotlistTopic(grows=2)
    assert await LocalList(store, topic.contents, topic.ends).rebuild(moment()) == 3
    assert store.lists == [["e0"], ["e0", "e1"], ["e0", "e1", "e2"]]


async def test_a_rebuild_that_another_one_overtook_is_done_again() -> None:
    store, topic = Store(HotlistSupersededError("another load began")), HotlistTopic()
    await LocalList(store, topic.contents, topic.ends).rebuild(moment())
    assert store.lists == [["e0"]]


async def test_changes_go_into_the_list_that_is_there() -> None:
    store, topic = Store(), HotlistTopic()
    await LocalList(store, topic.contents, topic.ends).apply([build_change("e7")], moment())
    assert (store.applied, store.lists) == (["e7"], [])


async def test_changes_to_a_list_that_is_not_there_build_it() -> None:
    store, topic = Store(HotlistUnknownError("not loaded")), HotlistTopic()
    await LocalList(store, topic.contents, topic.ends).apply([build_change("e0")], moment())
    assert (store.applied, store.lists) == ([], [["e0"]])


async def test_what_redis_does_not_take_is_waited_for_and_costs_no_change() -> None:
    full, topic = HotlistIncompleteError("does not fit into memory"), HotlistTopic()
    with pytest.raises(ServiceAwayError, match="does not fit"):
        await LocalList(Store(full), topic.contents, topic.ends).rebuild(moment())
    with pytest.raises(ServiceAwayError, match="does not fit"):
        await LocalList(Store(full), topic.contents, topic.ends).apply([build_change()], moment())


def test_only_local_entries_that_are_not_over_are_on_the_list() -> None:
    over = listed_entry("over", build_terms(valid_until=moment()))
    valid = listed_entry("valid", build_terms(valid_until=moment(0.001)))
    later = listed_entry("later", build_terms(valid_from=moment(DAY_S)))
    assert living([over, valid, later, build_entry()], moment()) == [valid, later]
