from __future__ import annotations

import pytest

from streams.agents.alerting import sounds
from streams.records import Outcome
from tests.builders import build_hit


@pytest.mark.parametrize("outcome", list(Outcome))
def test_only_exact_and_likely_hits_sound(outcome: Outcome) -> None:
    assert sounds(build_hit(outcome=outcome)) is (outcome is not Outcome.POSSIBLE)
