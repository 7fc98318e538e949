from __future__ import annotations

import random
from datetime import datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.settings.pipeline import MatchingSettings, WindowSettings
from streams.records import GeoPoint, Hit, Match, Outcome
from streams.sightings import MOST_SIGHTINGS, EntrySightings, belief_of, grouped, join
from tests.builders import build_detection, build_image, build_match, moment

WINDOWS, MATCHING = WindowSettings(), MatchingSettings()
TEN_MINUTES = 600.0
NONE_YET = EntrySightings()


def join_all(matches: list[Match], known: EntrySightings = NONE_YET) -> tuple[EntrySightings, list[Hit]]:
    hits: list[Hit] = []
    for match in matches:
        joined = join(known, match, WINDOWS, MATCHING)
        known = msgspec.msgpack.decode(msgspec.msgpack.encode(joined.sightings), type=EntrySightings)
        hits += joined.hits
    return known, hits


def at(*seconds: float) -> list[Match]:
    return [build_match(at_s=second) for second in seconds]


def weak(at_s: float, probability: float = 0.05, camera: str = "gate") -> Match:
    detection = build_detection(at_s=at_s, camera=camera, id=f"{camera}-{at_s:g}")
    return build_match(at_s=at_s, detection=detection, probability=probability, outcome=Outcome.POSSIBLE)


def members(hits: list[Hit]) -> list[frozenset[str]]:
    """The sightings of each hit, as it was last told."""
    latest = {hit.id: hit for hit in hits}
    return sorted((frozenset(one.detection for one in hit.sightings) for hit in latest.values()), key=sorted)


def test_each_sighting_says_which_pictures_are_kept_of_it() -> None:
    detection = build_detection(at_s=60.0, image=build_image())
    _, hits = join_all([build_match(at_s=0.0), build_match(at_s=60.0, detection=detection)])
    assert [one.image for one in hits[-1].sightings] == [None, build_image()]


@pytest.mark.parametrize(
    ("seconds", "groups"),
    [
        pytest.param([0], [[0]], id="one"),
        pytest.param([0, 0.001], [[0, 0.001]], id="at-once"),
        pytest.param([0, TEN_MINUTES], [[0, TEN_MINUTES]], id="the-last-moment"),
        pytest.param([0, TEN_MINUTES + 0.001], [[0], [TEN_MINUTES + 0.001]], id="just-after-it"),
        pytest.param([0, 500, 1000], [[0, 500, 1000]], id="each-ten-minutes-from-the-one-before"),
        pytest.param([1000, 0, 500], [[0, 500, 1000]], id="in-any-order"),
        pytest.param(list(range(0, 5000, 500)), [list(range(0, 4000, 500)), [4000, 4500]], id="an-hour-at-most"),
    ],
)
def test_sightings_within_ten_minutes_of_each_other_are_one_hit(
    seconds: list[float], groups: list[list[float]]
) -> None:
    _, hits = join_all(at(*seconds))
    wanted = sorted((frozenset(f"pass-ABC123-{second:g}" for second in group) for group in groups), key=sorted)
    assert members(hits)[-len(wanted) :] == wanted or members(hits) == wanted


def test_a_hit_is_told_at_once_and_again_as_it_grows() -> None:
    _, hits = join_all(at(0, 60, 120))
    assert [(hit.revision, len(hit.sightings)) for hit in hits] == [(1, 1), (2, 2), (3, 3)]
    assert len({hit.id for hit in hits}) == 1
    assert {hit.opened_at for hit in hits} == {moment(0)}


def test_a_sighting_says_how_far_and_how_long_after_the_one_before() -> None:
    one = build_match(at_s=0)
    detection = build_detection(at_s=60, camera="bridge", location=GeoPoint(38.25, -85.7))
    _, hits = join_all([one, build_match(at_s=60, detection=detection)])
    first, second = hits[-1].sightings
    assert (first.distance_km, first.seconds) == (None, None)
    assert second.distance_km == pytest.approx(5.56, abs=0.01)
    assert second.seconds == 60.0


def test_a_sighting_says_how_sure_it_is_alone_whatever_the_hit_is() -> None:
    _, hits = join_all([build_match(at_s=0.0), weak(60.0, camera="north")])
    assert [(one.camera, one.outcome) for one in hits[-1].sightings] == [
        ("gate", Outcome.EXACT),
        ("north", Outcome.POSSIBLE),
    ]


def test_a_replayed_match_changes_nothing() -> None:
    known, hits = join_all(at(0, 60))
    again, told = join_all(at(0, 60, 0), known)
    assert again == known
    assert told == []
    assert len(hits) == 2


def test_a_later_revision_of_a_pass_replaces_the_earlier_and_never_the_other_way_round() -> None:
    first = build_match(detection=build_detection(revision=1, final=False), probability=0.85)
    final = build_match(detection=build_detection(revision=2), probability=0.97)
    for order in ([first, final], [final, first], [first, final, first]):
        known, hits = join_all(order)
        assert [one.probability for one in known.matches] == [0.97]
        assert hits[-1].probability == 0.97
        assert len({hit.id for hit in hits}) == 1


def test_a_weak_match_waits_in_silence() -> None:
    known, hits = join_all([weak(0)])
    assert hits == []
    assert len(known.matches) == 1


def test_weak_matches_of_several_cameras_add_up_to_a_hit_that_says_so() -> None:
    _, hits = join_all([weak(0, camera="a"), weak(60, camera="b"), weak(120, camera="c")])
    assert hits[-1].corroborated
    assert hits[-1].outcome is Outcome.LIKELY
    assert hits[-1].probability > 0.8
    assert len(hits[-1].sightings) == 3


def test_reads_that_are_unsure_each_never_make_an_exact_hit() -> None:
    matches = [weak(second, 0.7, camera=str(second)) for second in (0, 60, 120)]
    _, hits = join_all(matches)
    assert hits[-1].probability > MATCHING.exact_probability
    assert hits[-1].outcome is Outcome.LIKELY


def test_a_possible_match_is_told_and_does_not_sound() -> None:
    _, hits = join_all([weak(0, 0.2)])
    assert [hit.outcome for hit in hits] == [Outcome.POSSIBLE]


def test_a_late_sighting_that_joins_two_hits_goes_on_with_the_first_one() -> None:
    _, hits = join_all(at(0, 1100, 550))
    assert [hit.id for hit in hits] == [hits[0].id, hits[1].id, hits[0].id]
    assert len(hits[-1].sightings) == 3


@pytest.mark.parametrize(
    ("seconds_late", "late"), [pytest.param(3600.0, False, id="in-time"), pytest.param(3600.001, True, id="late")]
)
def test_a_hit_whose_sightings_all_came_too_late_is_marked(seconds_late: float, late: bool) -> None:
    match = build_match(matched_at=moment(seconds_late))
    _, hits = join_all([match])
    assert [hit.late for hit in hits] == [late]


def test_a_sighting_in_time_makes_a_late_hit_one_that_sounds() -> None:
    late = build_match(at_s=0, matched_at=moment(4000.0))
    _, hits = join_all([late, build_match(at_s=300.0)])
    assert [hit.late for hit in hits] == [True, False]


def test_hits_of_a_look_back_are_historical_until_the_vehicle_is_seen_again() -> None:
    _, hits = join_all([build_match(at_s=0, historical=True), build_match(at_s=300.0)])
    assert [hit.historical for hit in hits] == [True, False]


def test_what_is_remembered_of_an_entry_is_bounded_and_what_is_forgotten_is_counted() -> None:
    known, forgotten = NONE_YET, 0
    for second in range(0, 10 * MOST_SIGHTINGS, 5):
        joined = join(known, build_match(at_s=second), WINDOWS, MATCHING)
        known, forgotten = joined.sightings, forgotten + joined.forgotten
    assert len(known.matches) == MOST_SIGHTINGS
    assert forgotten == 2 * MOST_SIGHTINGS - MOST_SIGHTINGS


sightings = st.lists(
    st.tuples(st.integers(0, 2400), st.sampled_from(["a", "b", "c"]), st.sampled_from([0.02, 0.05, 0.2, 0.6, 0.95])),
    min_size=1,
    max_size=8,
    unique_by=lambda each: (each[0], each[1]),
)


@settings(max_examples=150)
@given(sightings, st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_hits(found: list[tuple[int, str, float]], chance: random.Random) -> None:
    matches = [weak(float(second), p, camera) for second, camera, p in found]
    shuffled = list(matches)
    chance.shuffle(shuffled)
    one, _ = join_all(matches)
    other, _ = join_all(shuffled)
    assert one.matches == other.matches
    told = [told_groups(known) for known in (one, other)]
    assert told[0] == told[1]


def told_groups(known: EntrySightings) -> list[tuple[frozenset[str], float]]:
    """The groups of sightings that a hit speaks of, with the probability that it was last told with."""
    groups = []
    for group in grouped(known.matches, WINDOWS):
        ids = frozenset(one.detection.id for one in group)
        last = [one for one in known.told if ids & set(one.detections)]
        if last:
            assert any(frozenset(one.detections) == ids for one in last)
            groups.append((ids, round(belief_of(group, WINDOWS).probability, 9)))
    return groups


@settings(max_examples=80)
@given(sightings, st.integers(0, 8))
def test_replaying_any_beginning_changes_nothing(found: list[tuple[int, str, float]], count: int) -> None:
    matches = [weak(float(second), p, camera) for second, camera, p in found]
    once, hits = join_all(matches)
    twice, again = join_all(matches[:count], once)
    assert twice == once
    assert again == []
    assert len({(hit.id, hit.revision) for hit in hits}) == len(hits)


def test_groups_follow_the_time_of_the_event_and_not_of_its_handling() -> None:
    late = build_match(at_s=0, matched_at=datetime.fromisoformat("2027-01-01T00:00:00+00:00"))
    assert [len(group) for group in grouped([late, build_match(at_s=60)], WINDOWS)] == [2]


def test_a_plate_that_is_seen_all_the_time_stays_one_hit() -> None:
    _, hits = join_all(at(*range(0, 40 * 60, 60)))
    assert len({hit.id for hit in hits}) == 1


def test_clean_reads_of_several_cameras_stay_exact_and_bear_out_nothing() -> None:
    _, hits = join_all([weak(second, 0.97, camera=str(second)) for second in (0, 60, 120)])
    assert {hit.corroborated for hit in hits} == {False}


def test_an_exact_sighting_stays_exact_whatever_joins_it() -> None:
    exact = build_match(at_s=0)
    _, hits = join_all([exact, weak(60, 0.3, camera="b")])
    assert [hit.outcome for hit in hits] == [Outcome.EXACT, Outcome.EXACT]
    assert not hits[-1].corroborated


def test_a_read_that_is_taken_back_lowers_its_hit() -> None:
    first = build_match(detection=build_detection(revision=1, final=False), probability=0.96)
    final = build_match(detection=build_detection(revision=2), probability=0.001, outcome=Outcome.POSSIBLE)
    _, hits = join_all([first, final])
    assert [(hit.revision, hit.outcome) for hit in hits] == [(1, Outcome.EXACT), (2, Outcome.POSSIBLE)]
