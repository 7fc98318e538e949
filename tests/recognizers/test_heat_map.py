"""Maps of the network become plates."""

from __future__ import annotations

import numpy as np
import pytest

from recognizers.heat_map import STRIDE, PlateMaps, distinct, find_quads

FAR_BELOW = -9.0


def empty_maps() -> PlateMaps:
    return PlateMaps(
        heat=np.full((24, 40), FAR_BELOW, np.float32),
        sides=np.zeros((24, 40, 4), np.float32),
        corners=np.zeros((24, 40, 8), np.float32),
    )


def draw(maps: PlateMaps, cell: tuple[int, int], quad: np.ndarray, logit: float = 3.0) -> None:
    """What a perfect network says of one plate, seen from one cell (row, column)."""
    centre = (np.array([cell[1], cell[0]]) + 0.5) * STRIDE
    low, high = quad.min(axis=0), quad.max(axis=0)
    maps.heat[cell] = logit
    maps.sides[cell] = np.log(np.concatenate([centre - low, high - centre]) / STRIDE)
    maps.corners[cell] = ((quad - centre) / (high - low)).ravel()


LEANING = np.array([[100, 60], [180, 70], [178, 92], [98, 82]], np.float32)


def test_quad_is_found_where_the_maps_put_it() -> None:
    maps = empty_maps()
    draw(maps, (9, 17), LEANING)
    found = find_quads(maps, 0.5)
    assert found.quads == pytest.approx(LEANING[None], abs=1e-3)
    assert found.scores == pytest.approx([1 / (1 + np.exp(-3))])


def test_nothing_is_found_below_the_threshold() -> None:
    maps = empty_maps()
    draw(maps, (9, 17), LEANING, logit=0.0)
    assert len(find_quads(maps, 0.6).quads) == 0
    assert len(find_quads(maps, 0.4).quads) == 1


def test_one_plate_seen_from_two_cells_is_one() -> None:
    maps = empty_maps()
    draw(maps, (9, 16), LEANING, logit=2.0)
    draw(maps, (9, 19), LEANING, logit=2.5)
    found = find_quads(maps, 0.5)
    assert len(found.quads) == 1
    assert found.scores[0] == pytest.approx(1 / (1 + np.exp(-2.5)))


def test_two_plates_come_best_first() -> None:
    maps = empty_maps()
    draw(maps, (9, 17), LEANING, logit=1.0)
    draw(maps, (20, 6), LEANING + np.array([-90, 90]), logit=4.0)
    found = find_quads(maps, 0.5)
    assert [float(quad[0, 0]) for quad in found.quads] == pytest.approx([10, 100], abs=0.01)


@pytest.mark.parametrize(
    ("second", "kept"),
    [
        pytest.param([0, 0, 100, 30], [0], id="same"),
        pytest.param([40, 5, 60, 25], [0], id="inside"),
        pytest.param([90, 0, 190, 30], [0, 1], id="touching"),
        pytest.param([200, 0, 300, 30], [0, 1], id="apart"),
    ],
)
def test_boxes_that_cover_each_other_are_one_plate(second: list[int], kept: list[int]) -> None:
    assert distinct(np.array([[0, 0, 100, 30], second], np.float32)) == kept


def test_a_wild_network_gives_finite_quads() -> None:
    rng = np.random.default_rng(1)
    maps = PlateMaps(*(rng.normal(0, 200, shape).astype(np.float32) for shape in ((24, 40), (24, 40, 4), (24, 40, 8))))
    assert np.isfinite(find_quads(maps, 0.3).quads).all()
