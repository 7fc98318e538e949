from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import TypeAdapter

from infra.settings import SettingsError, load_settings
from infra.settings.polygons import Polygon

POLYGON: TypeAdapter[tuple[tuple[float, float], ...]] = TypeAdapter(Polygon)


@pytest.mark.parametrize(
    "points",
    [
        pytest.param([[0, 0], [1, 0], [1, 1]], id="triangle-over-the-whole-range"),
        pytest.param([[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]], id="rectangle"),
        pytest.param([[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.1]], id="closed-by-its-first-point"),
        pytest.param([[0, 0], [0.9, 0], [0.9, 0.9], [0.5, 0.2], [0, 0.9]], id="with-a-dent"),
        pytest.param([[0.1, 0.3], [0.2, 0.6], [0.3, 0.9], [0.9, 0.9], [0.9, 0.3]], id="with-a-point-on-an-edge"),
    ],
)
def test_the_corners_of_an_area_in_their_order_are_a_polygon(points: list[list[float]]) -> None:
    assert POLYGON.validate_python(points) == tuple((x, y) for x, y in points)


@pytest.mark.parametrize(
    ("points", "said"),
    [
        pytest.param("[]", "at least 3 points, this one has 0", id="none"),
        pytest.param("[[0, 0], [1, 1]]", "at least 3 points, this one has 2", id="two-points"),
        pytest.param("[0.1, 0.2, 0.4]", "mind the brackets", id="bare-numbers"),
        pytest.param("everything", "is a list of points [x, y]", id="text"),
        pytest.param("[[0, 0], [1, 0], [1, 1, 1]]", "point 3 has 3 numbers", id="three-numbers"),
        pytest.param("[[0, 0], [640, 0], [1, 1]]", "point 2 is [640, 0]; give shares", id="pixels"),
        pytest.param("[[0, 0], [1, 0], [1, -0.1]]", "point 3 is [1, -0.1]; give shares", id="negative"),
        pytest.param("[[0, 0], [1, 0], [1, .nan]]", "point 3 is [1, nan]; give shares", id="not-a-number"),
        pytest.param("[[0, 0], [0.5, 0.5], [1, 1]]", "enclose nothing", id="on-one-line"),
        pytest.param("[[0, 0], [0, 0], [0, 0]]", "enclose nothing", id="one-point-thrice"),
        pytest.param("[[0, 0], [1, 0], [0, 1], [1, 1]]", "cross or touch", id="bow-tie"),
        pytest.param("[[0, 0], [1, 0], [1, 1], [0, 0], [1, 0], [1, 1]]", "cross or touch", id="twice-around"),
        pytest.param("[[0.5, 0], [0.8, 1], [0, 0.4], [1, 0.4], [0.2, 1]]", "cross or touch", id="star-in-one-stroke"),
    ],
)
def test_what_is_no_area_is_refused_in_one_sentence_that_names_the_camera(
    points: str, said: str, tmp_path: Path
) -> None:
    file = tmp_path / "platewatch.yaml"
    file.write_text(f"cameras: [{{name: gate, source: a.mp4, privacy_masks: [{points}]}}]")
    with pytest.raises(SettingsError) as caught:
        load_settings(file)
    assert "cameras.0.privacy_masks.0: " in str(caught.value)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
