from __future__ import annotations

import asyncio
from typing import Any, cast

import faust
import pytest
from faust.types import TP

from streams.app import KeyedState
from streams.faults import ServiceAwayError

CHANGELOG = "worker-states-changelog"


class Table:
    """Faust's table, and its changelog; Kafka takes what is sent when a test lets it."""

    changelog_topic_name = CHANGELOG

    def __init__(self) -> None:
        self.data: dict[bytes, bytes] = {}
        self.sent: list[tuple[int, bytes, bytes | None]] = []
        self.kafka_answers = asyncio.Event()
        self.kafka_answers.set()

    async def _taken(self) -> None:
        await self.kafka_answers.wait()

    def send_changelog(self, partition: int, key: bytes, value: bytes | None) -> Any:
        self.sent.append((partition, key, value))
        return self._taken()


class App:
    """Faust's app with one table, and the partitions that are this worker's."""

    def __init__(self) -> None:
        self.table = Table()
        self.assignor = self
        self.ours = {0, 1}

    def Table(self, *_: Any, **__: Any) -> Table:  # noqa: N802 - Faust's name
        return self.table

    def assigned_actives(self) -> set[TP]:
        return {TP(CHANGELOG, partition) for partition in self.ours} | {TP("pw.alerts", 7)}


@pytest.fixture
async def app() -> App:
    return App()


def states_of(app: App) -> KeyedState:
    return KeyedState(cast(faust.App, app), "states")


async def test_what_is_set_is_known_and_in_the_changelog_until_it_is_deleted(app: App) -> None:
    states = states_of(app)
    await states.set(1, b"k", b"v")
    assert (states.get(b"k"), states.items()) == (b"v", [(b"k", b"v")])
    await states.delete(1, b"k")
    assert states.items() == []
    assert app.table.sent == [(1, b"k", b"v"), (1, b"k", None)]


async def test_the_state_of_a_partition_that_moved_is_not_written_any_more(app: App) -> None:
    """Its owner has gone on from what it read: a later write of ours would undo its own."""
    states = states_of(app)
    await states.set(1, b"k", b"old")
    app.ours = {0}
    for writing in (states.set(1, b"k", b"new"), states.delete(1, b"k")):
        with pytest.raises(ServiceAwayError, match="partition 1"):
            await writing
    assert app.table.sent == [(1, b"k", b"old")]
    assert states.items() == []


async def test_a_state_that_is_set_while_it_is_deleted_stays(app: App) -> None:
    states = states_of(app)
    await states.set(1, b"k", b"old")
    app.table.kafka_answers.clear()
    deleting = asyncio.create_task(states.delete(1, b"k"))
    await asyncio.sleep(0)
    setting = asyncio.create_task(states.set(1, b"k", b"new"))
    await asyncio.sleep(0)
    app.table.kafka_answers.set()
    await asyncio.gather(deleting, setting)
    assert states.get(b"k") == b"new"
    assert app.table.sent[-1] == (1, b"k", b"new")
