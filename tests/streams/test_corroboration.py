from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.corroboration import Journey, Witness, believe, distance_km, fuse
from streams.records import GeoPoint
from tests.builders import moment

JOURNEY = Journey(fastest_kmh=180.0, seen_again=200.0)
HERE, NEAR, FAR = GeoPoint(38.20, -85.70), GeoPoint(38.25, -85.70), GeoPoint(39.20, -85.70)


def said(
    wanted: float,
    *,
    camera: str = "a",
    at_s: float = 0.0,
    location: GeoPoint | None = None,
    others: dict[str, float] | None = None,
) -> Witness:
    return Witness(camera, moment(at_s), location, wanted, others or {})


def test_one_witness_is_believed_as_it_is() -> None:
    assert believe([said(0.3)], JOURNEY).probability == 0.3


def test_two_cameras_that_saw_the_same_unlikely_plate_bear_each_other_out() -> None:
    belief = believe([said(0.3), said(0.3, camera="b", at_s=60)], JOURNEY)
    # p1 (1 + (k-1) p2) / (p1 (1 + (k-1) p2) + 1 - p1)
    assert belief.probability == pytest.approx(0.3 * 60.7 / (0.3 * 60.7 + 0.7))
    assert belief.by == (0, 1)


def test_a_look_alike_that_explains_both_reads_takes_the_evidence_away() -> None:
    alike = {"ABC128": 0.65}
    belief = believe([said(0.3, others=alike), said(0.3, camera="b", at_s=60, others=alike)], JOURNEY)
    assert belief.probability == 0.3


def test_different_look_alikes_take_nothing_away() -> None:
    one, other = {"ABC128": 0.65}, {"A8C123": 0.65}
    belief = believe([said(0.3, others=one), said(0.3, camera="b", at_s=60, others=other)], JOURNEY)
    assert belief.probability > 0.9


@pytest.mark.parametrize(
    ("other", "corroborates"),
    [
        pytest.param({"camera": "b", "at_s": 60.0}, True, id="a-place-that-is-not-known"),
        pytest.param({"camera": "a", "at_s": 60.0}, False, id="the-same-camera"),
        pytest.param({"camera": "b", "at_s": 120.0, "location": NEAR}, True, id="5-km-in-two-minutes"),
        pytest.param({"camera": "b", "at_s": 10.0, "location": NEAR}, False, id="5-km-in-ten-seconds"),
        pytest.param({"camera": "b", "at_s": 600.0, "location": FAR}, False, id="111-km-in-ten-minutes"),
        pytest.param({"camera": "b", "at_s": 0.0, "location": HERE}, True, id="two-cameras-on-one-pole"),
    ],
)
def test_only_a_place_that_can_be_reached_in_the_time_bears_out(other: dict[str, object], corroborates: bool) -> None:
    belief = believe([said(0.2, location=HERE), said(0.2, **other)], JOURNEY)  # type: ignore[arg-type]
    assert (belief.probability > 0.2) is corroborates


def test_a_camera_whose_place_is_not_known_makes_no_far_place_near() -> None:
    seen = [
        said(0.2, camera="a", location=HERE),
        said(0.2, camera="b", at_s=30.0),
        said(0.2, camera="c", at_s=60.0, location=FAR),
    ]
    assert 2 not in believe(seen, JOURNEY).by or 0 not in believe(seen, JOURNEY).by


def test_a_third_camera_makes_surer() -> None:
    weak = [said(0.05, camera=name, at_s=at) for name, at in (("a", 0), ("b", 60), ("c", 120))]
    assert believe(weak, JOURNEY).probability > believe(weak[:2], JOURNEY).probability


probabilities = st.floats(0.01, 0.99)


@given(st.lists(probabilities, min_size=1, max_size=5))
def test_more_witness_never_lowers_the_belief(wanted: list[float]) -> None:
    all_of_them = [said(p, camera=str(place), at_s=place * 30.0) for place, p in enumerate(wanted)]
    beliefs = [believe(all_of_them[: count + 1], JOURNEY).probability for count in range(len(wanted))]
    assert beliefs == sorted(beliefs)
    assert all(0 < p <= 1 for p in beliefs)


@given(probabilities, probabilities, probabilities)
def test_which_of_them_was_first_hardly_matters(a: float, b: float, c: float) -> None:
    told = [fuse([said(p) for p in order], 1e6) for order in permutations((a, b, c))]
    assert max(told) - min(told) < 0.01


def test_distances_are_those_of_the_globe() -> None:
    paris, london = GeoPoint(48.8566, 2.3522), GeoPoint(51.5074, -0.1278)
    assert distance_km(paris, london) == pytest.approx(343.6, abs=1.0)
    assert distance_km(paris, None) is None
