from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognizers.plate import ALPHABET, PixelBox
from recognizers.tracker import Position, Sighting, Trail, affinity, assign, similarity


def position(at_s: float, x: float, y: float = 100.0, width: float = 100.0) -> Position:
    return Position(at_s, PixelBox(x - width / 2, y - width / 8, width, width / 4))


def trail(text: str, *places: tuple[float, float], y: float = 100.0) -> Trail:
    return Trail(tuple(position(at_s, x, y) for at_s, x in places), text)


def test_a_plate_that_goes_on_as_before_is_followed() -> None:
    assert assign([trail("ABC123", (0.0, 100), (0.1, 150))], [Sighting(position(0.2, 200), "ABC123")]) == [0]


@pytest.mark.parametrize(
    ("text", "x", "followed"),
    [
        pytest.param("XYZ987", 200, True, id="in-its-place-though-it-reads-otherwise"),
        pytest.param("ABC123", 2000, True, id="reads-the-same-though-it-jumped"),
        pytest.param("XYZ987", 2000, False, id="neither"),
        pytest.param("", 2000, False, id="reads-nothing-elsewhere"),
        pytest.param("", 200, True, id="reads-nothing-in-its-place"),
    ],
)
def test_a_sighting_continues_a_trail_by_place_or_by_text(text: str, x: float, followed: bool) -> None:
    found = assign([trail("ABC123", (0.0, 100), (0.1, 150))], [Sighting(position(0.2, x), text)])
    assert found == [0 if followed else None]


def test_vehicles_that_meet_keep_their_trails() -> None:
    trails = [trail("ABC123", (0.0, 100), (0.1, 150)), trail("XYZ987", (0.0, 300), (0.1, 250))]
    sightings = [Sighting(position(0.2, 200), "XYZ987"), Sighting(position(0.2, 200), "ABC123")]
    assert assign(trails, sightings) == [1, 0]


def test_no_trail_gets_two_sightings_of_one_frame() -> None:
    sightings = [Sighting(position(0.2, 200), "ABC123"), Sighting(position(0.2, 205), "ABC123")]
    found = assign([trail("ABC123", (0.0, 100), (0.1, 150))], sightings)
    assert sorted(found, key=str) == [0, None]


def test_a_plate_of_twice_the_size_in_the_same_place_is_another_one() -> None:
    one = trail("ABC123", (0.0, 100), (0.1, 100))
    assert affinity(one, Sighting(position(0.2, 100, width=200), "XYZ987")) == 0


def test_two_looks_at_one_moment_give_no_speed() -> None:
    assert trail("ABC123", (0.1, 100), (0.1, 150)).expected_center(0.2) == (150, 100)


texts = st.text(ALPHABET, max_size=8)
places = st.tuples(st.floats(0, 1920), st.floats(0, 1080))
sightings_of_a_frame = st.lists(
    st.builds(lambda place, text: Sighting(position(0.2, *place), text), places, texts), max_size=4
)
known_trails = st.lists(st.builds(lambda place, text: Trail((position(0.1, *place),), text), places, texts), max_size=4)


@settings(max_examples=40, deadline=None)
@given(known_trails, sightings_of_a_frame)
def test_every_sighting_goes_to_one_trail_at_most_and_no_trail_is_shared(
    trails: list[Trail], sightings: list[Sighting]
) -> None:
    found = assign(trails, sightings)
    assert len(found) == len(sightings)
    taken = [index for index in found if index is not None]
    assert len(set(taken)) == len(taken)
    assert all(0 <= index < len(trails) for index in taken)


@settings(max_examples=40, deadline=None)
@given(texts, texts)
def test_similarity_is_symmetric_bounded_and_one_only_for_the_same_text(left: str, right: str) -> None:
    score = similarity(left, right)
    assert 0 <= score <= 1
    assert score == pytest.approx(similarity(right, left))
    assert (score == 1) == (left == right != "")


@pytest.mark.parametrize(
    ("left", "right", "score"),
    [
        pytest.param("ABC123", "ABC123", 1.0, id="same"),
        pytest.param("ABC123", "A8C123", 5 / 6, id="misread"),
        pytest.param("ABC123", "ABC13", 5 / 6, id="lost-one"),
        pytest.param("ABC123", "XYZ987", 0.0, id="nothing-in-common"),
        pytest.param("", "", 0.0, id="no-text-speaks-for-nothing"),
    ],
)
def test_similarity_is_the_share_of_characters_in_common(left: str, right: str, score: float) -> None:
    assert similarity(left, right) == pytest.approx(score)


def test_the_next_car_of_a_fleet_far_off_is_another_vehicle() -> None:
    trail = Trail((Position(0.0, PixelBox(100, 300, 80, 20)),), "ABC1234")
    far = Sighting(Position(0.1, PixelBox(900, 300, 80, 20)), "ABC1235")
    assert assign([trail], [far]) == [None]


def test_the_same_plate_far_off_is_the_same_vehicle() -> None:
    trail = Trail((Position(0.0, PixelBox(100, 300, 80, 20)),), "ABC1234")
    far = Sighting(Position(0.1, PixelBox(900, 300, 80, 20)), "ABC1234")
    assert assign([trail], [far]) == [0]
