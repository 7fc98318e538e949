from __future__ import annotations

from typing import Any

import pytest

from recognizers.rendering.clip_spec import ClipSpec, demo_spec
from recognizers.rendering.errors import ClipSpecError


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        pytest.param({"name": "../up"}, "name '../up' must be", id="path in the name"),
        pytest.param({"seconds": 0}, "seconds is 0; it must be from 2 to 3600", id="no time"),
        pytest.param({"fps": 500}, "fps is 500; it must be from 1 to 60", id="too fast"),
        pytest.param({"width": 10}, "width is 10", id="too narrow"),
        pytest.param({"lanes": 3}, "lanes is 3; it must be from 1 to 2", id="too many lanes"),
        pytest.param({"slowest_kmh": 90, "fastest_kmh": 40}, "slowest_kmh 90 is above fastest_kmh 40", id="speeds"),
        pytest.param({"regions": ()}, "regions is empty", id="no region"),
        pytest.param({"seconds": 10, "vehicles_per_minute": 12, "repeats": 2}, "repeats is 2 of 2", id="only repeats"),
        pytest.param({"seed": -1}, "seed is -1", id="seed"),
    ],
)
def test_an_impossible_clip_is_refused_in_one_sentence(fields: dict[str, Any], says: str) -> None:
    asked: dict[str, Any] = {"name": "clip", "seed": 1} | fields
    with pytest.raises(ClipSpecError) as refusal:
        ClipSpec(**asked)
    assert says in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_the_demo_has_the_passes_it_promises() -> None:
    assert demo_spec().pass_count == 13
    assert demo_spec().frame_count == 300
