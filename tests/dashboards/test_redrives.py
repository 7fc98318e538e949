from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from dashboards.redrives import RedriveRefusedError, Redrives
from streams.codec import encode
from streams.delivery.desk import STAGE, SUBSCRIPTION_HEADER
from streams.delivery.subscription import delivery_id
from streams.records import Alert, AuditEvent, DeadLetter, Redrive
from tests.builders import build_alert, build_dead_letter


def letter(alert: Alert, subscription: str = "cad", **changes: Any) -> DeadLetter:
    facts = {"stage": STAGE, "value": encode(alert), "headers": ((SUBSCRIPTION_HEADER, subscription.encode()),)}
    return build_dead_letter(**(facts | changes))


class Surroundings:
    """Dead letters, an audit log, and a worker that is sent to, in memory."""

    def __init__(self, *letters: DeadLetter) -> None:
        self.letters = list(letters)
        self.delivered: set[str] = set()
        self.happened: list[AuditEvent | Redrive] = []

    async def read(self) -> list[DeadLetter]:
        return self.letters

    async def note(self, happened: AuditEvent | Redrive) -> None:
        self.happened.append(happened)

    async def has(self, subscription: str, ids: Iterable[str]) -> frozenset[str]:
        return frozenset(ids) & self.delivered

    @property
    def redrives(self) -> Redrives:
        return Redrives(self.read, self.note, self.note, self.has)

    @property
    def sent(self) -> list[tuple[str, int]]:
        return [(one.alert.id, one.alert.revision) for one in self.happened if isinstance(one, Redrive)]


async def test_what_failed_for_a_subscription_is_sent_once_more_in_order_and_on_record_first() -> None:
    second = build_alert(id="a", revision=2)
    room = Surroundings(letter(second), letter(build_alert(id="a")), letter(build_alert(id="b"), "other"))
    assert await room.redrives.redrive("cad", None, by="S. Super", reason="endpoint mended") == 2
    assert room.sent == [("a", 1), ("a", 2)]
    first = room.happened[0]
    assert isinstance(first, AuditEvent)
    assert (first.actor, first.action, first.subject, first.reason) == (
        "S. Super", "webhook.redriven", "cad", "endpoint mended",
    )  # fmt: skip


async def test_what_was_delivered_since_is_not_sent_again() -> None:
    room = Surroundings(letter(build_alert(id="a")))
    room.delivered = {delivery_id("a", 1)}
    assert await room.redrives.redrive("cad", None, by="S. Super", reason="to be sure") == 0
    assert room.happened == []


@pytest.mark.parametrize("value", [None, b"of a newer version"])
async def test_a_dead_letter_without_its_alert_keeps_no_other_from_being_sent(value: bytes | None) -> None:
    room = Surroundings(letter(build_alert(id="a"), value=value), letter(build_alert(id="b")))
    assert await room.redrives.redrive("cad", None, by="S. Super", reason="endpoint mended") == 1
    assert room.sent == [("b", 1)]


async def test_only_the_alert_that_is_named_is_sent() -> None:
    room = Surroundings(letter(build_alert(id="a")), letter(build_alert(id="b")))
    await room.redrives.redrive("cad", "b", by="S. Super", reason="asked for")
    assert room.sent == [("b", 1)]


async def test_dead_letters_of_other_stages_are_left_alone() -> None:
    room = Surroundings(letter(build_alert(), stage="matching", value=b"no alert"))
    assert await room.redrives.redrive("cad", None, by="S. Super", reason="try") == 0


@pytest.mark.parametrize(("by", "reason"), [("", "why"), ("who", " ")])
async def test_nobody_sends_without_name_and_reason(by: str, reason: str) -> None:
    room = Surroundings(letter(build_alert()))
    with pytest.raises(RedriveRefusedError, match="who sends this once more, and why"):
        await room.redrives.redrive("cad", None, by=by, reason=reason)
    assert room.happened == []
