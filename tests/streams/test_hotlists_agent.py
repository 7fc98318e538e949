from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

import msgspec
import pytest

from streams.agents.hotlists import decode_change, keep
from streams.app import KeyedState
from streams.codec import InvalidRecordError, encode
from streams.faults import ServiceAwayError, UnhandledError
from streams.intake import Message, Taken
from streams.local_list import LocalList
from streams.lookback import Lookback, Stage
from streams.records import ChangeKind, HotlistChange
from tests.builders import build_entry, build_message, moment
from tests.local_entry_builders import build_change


class Local:
    """The list in Redis, which may be away."""

    def __init__(self) -> None:
        self.applied: list[str] = []
        self.is_away = False

    async def apply(self, changes: Sequence[HotlistChange], now: datetime) -> None:
        if self.is_away:
            service = "redis"
            raise ServiceAwayError(service, "no answer")
        self.applied += [f"{change.kind} {change.entry.id}" for change in changes]


class States:
    """The worker's state, in memory."""

    def __init__(self) -> None:
        self.kept: dict[bytes, tuple[int, bytes]] = {}

    def get(self, key: bytes) -> bytes | None:
        return self.kept[key][1] if key in self.kept else None

    async def set(self, partition: int, key: bytes, value: bytes) -> None:
        self.kept[key] = (partition, value)

    def stage_of(self, entry_id: str) -> Stage:
        return msgspec.msgpack.decode(self.kept[entry_id.encode()][1], type=Lookback).stage


def told(change: HotlistChange | None, key: str = "e1") -> Taken[Message]:
    value = encode(change) if change else None
    message = build_message(value=value, key=key.encode(), topic="pw.hotlist", partition=3)
    return Taken(message, message)


async def run(local: Local, states: States, *batch: Taken[Message]) -> list[Message]:
    return await keep(batch, cast(LocalList, local), cast(KeyedState, states))


async def test_a_change_goes_to_redis_and_begins_a_look_back_in_the_state_of_its_partition() -> None:
    local, states = Local(), States()
    assert await run(local, states, told(build_change("e1"))) == []
    assert local.applied == ["added e1"]
    assert (states.kept[b"e1"][0], states.stage_of("e1")) == (3, Stage.FIRST)


async def test_what_is_taken_off_is_told_so_that_the_topic_forgets_it() -> None:
    local, states = Local(), States()
    removal = told(build_change("e1", at_s=60, kind=ChangeKind.REMOVED))
    assert await run(local, states, told(build_change("e1")), removal) == [removal.message]
    assert local.applied == ["added e1", "removed e1"]
    assert states.stage_of("e1") is Stage.DONE


async def test_a_tombstone_says_nothing() -> None:
    local, states = Local(), States()
    assert await run(local, states, told(None)) == []
    assert (local.applied, states.kept) == ([], {})


async def test_an_older_step_that_is_delivered_late_changes_nothing() -> None:
    local, states = Local(), States()
    await run(local, states, told(build_change("e1", at_s=60, kind=ChangeKind.REMOVED)))
    await run(local, states, told(build_change("e1", at_s=0)))
    assert local.applied == ["removed e1"]
    assert states.stage_of("e1") is Stage.DONE


async def test_nothing_is_planned_before_redis_has_the_entry() -> None:
    local, states = Local(), States()
    local.is_away = True
    with pytest.raises(ServiceAwayError):
        await run(local, states, told(build_change("e1")))
    assert states.kept == {}


@pytest.mark.parametrize(
    ("value", "fault", "said"),
    [
        pytest.param(b"no JSON", InvalidRecordError, "not a valid HotlistChange", id="no-record"),
        pytest.param(
            encode(HotlistChange(kind=ChangeKind.ADDED, entry=build_entry(), at=moment(), by="x")),
            UnhandledError, "list stolen is on pw.hotlist", id="list-of-a-file",
        ),
    ],
)  # fmt: skip
def test_what_is_no_change_of_a_local_entry_is_refused(value: bytes, fault: type[Exception], said: str) -> None:
    message: Any = build_message(value=value, topic="pw.hotlist")
    with pytest.raises(fault, match=said):
        decode_change(message)
