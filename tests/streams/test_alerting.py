from __future__ import annotations

import msgspec
import pytest

from streams.agents.alerting import alert_id_of, sounds
from streams.records import Hit, Outcome
from tests.builders import build_hit


@pytest.mark.parametrize("outcome", list(Outcome))
def test_only_exact_and_likely_hits_sound(outcome: Outcome) -> None:
    assert sounds(build_hit(outcome=outcome)) is (outcome is not Outcome.POSSIBLE)


@pytest.mark.parametrize("past", [build_hit(late=True), build_hit(historical=True)], ids=["late", "historical"])
def test_what_was_told_of_the_past_does_not_use_up_the_siren(past: Hit) -> None:
    now = msgspec.structs.replace(past, revision=2, late=False, historical=False)
    assert alert_id_of(past) != alert_id_of(now)
    assert alert_id_of(now) == alert_id_of(msgspec.structs.replace(now, revision=3))
