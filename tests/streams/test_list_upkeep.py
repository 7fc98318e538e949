from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from infra import metrics
from streams.faults import ServiceAwayError
from streams.list_upkeep import Duty, Upkeep
from tests.builders import moment


class Rounds:
    """A clock that a test moves by rounds, and what was done in them."""

    def __init__(self, count: int, step_s: float = 1.0) -> None:
        self.left = count
        self.step_s = step_s
        self.at_s = 0.0
        self.done: list[str] = []

    def clock(self) -> datetime:
        return moment(self.at_s)

    async def sleep(self, _seconds: float) -> None:
        self.left -= 1
        self.at_s += self.step_s
        if not self.left:
            raise asyncio.CancelledError

    def duty(self, name: str, every: timedelta = timedelta(0), fault: Exception | None = None) -> Duty:
        async def do(now: datetime) -> None:
            assert now == self.clock()
            self.done.append(name)
            if fault is not None:
                raise fault

        return Duty(name, do, every)

    async def play(self, *duties: Duty, is_mine: Callable[[], bool] = lambda: True) -> list[str]:
        with pytest.raises(asyncio.CancelledError):
            await Upkeep(duties, is_mine, self.clock, self.sleep).run(1.0)
        return self.done


def failures(duty: str) -> float:
    return float(metrics.UPKEEP_FAILURES.labels(duty)._value.get())


async def test_duties_are_done_in_turn_and_each_as_often_as_it_says() -> None:
    rounds = Rounds(5)
    done = await rounds.play(rounds.duty("restore"), rounds.duty("load", timedelta(seconds=2)))
    assert done == ["restore", "load", "restore", "restore", "load", "restore", "restore", "load"]


@pytest.mark.parametrize("fault", [ServiceAwayError("redis", "no answer"), ValueError("a broken file")])
async def test_a_duty_that_fails_is_counted_and_keeps_no_other_from_being_done(fault: Exception) -> None:
    before = failures("failing")
    rounds = Rounds(2)
    assert await rounds.play(rounds.duty("failing", fault=fault), rounds.duty("next")) == ["failing", "next"] * 2
    assert failures("failing") == before + 2


async def test_a_worker_whose_turn_it_is_not_does_nothing() -> None:
    rounds = Rounds(3)
    turns = iter([False, True, False])
    assert await rounds.play(rounds.duty("restore"), is_mine=lambda: next(turns)) == ["restore"]
