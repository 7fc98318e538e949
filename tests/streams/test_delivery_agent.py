from __future__ import annotations

import pytest

from infra.settings import Settings
from infra.settings.alerts import DeliverySettings
from infra.settings.pipeline import RetentionSettings
from streams.agents.delivery import steady_clock, within_outbox
from streams.topics import outbox_kept


def test_waits_and_time_limits_go_by_a_clock_that_nobody_sets() -> None:
    wall, monotonic = [1_000_000.0], [50.0]
    clock = steady_clock(lambda: wall[0], lambda: monotonic[0])
    assert clock() == 1_000_000.0
    wall[0] -= 3600.0
    monotonic[0] += 2.0
    assert clock() == 1_000_002.0


@pytest.mark.parametrize(("limit_h", "give_up_after_s"), [(24, 86_400.0), (720, 7 * 86_400.0)])
def test_a_delivery_is_given_up_before_its_outbox_forgets_it(limit_h: int, give_up_after_s: float) -> None:
    settings = Settings(
        retention=RetentionSettings(limit_h=limit_h), delivery=DeliverySettings(give_up_after_s=give_up_after_s)
    )
    assert within_outbox(settings).give_up_after_s < outbox_kept(settings).total_seconds()


def test_where_the_outbox_keeps_it_long_enough_the_setting_holds() -> None:
    assert within_outbox(Settings()) == Settings().delivery
