from __future__ import annotations

from typing import Any

import msgspec
import pytest

from infra.settings.pipeline import MatchingSettings, RegionSettings, ThresholdSettings
from recognizers.fold import fold
from streams.corroboration import Journey, Witness, believe
from streams.hotlist_values import ListedEntry
from streams.matching import UnknownCategoryError, check_categories, grade, is_told, lookup_of, match
from streams.records import (
    Category,
    CharacterEvidence,
    Detection,
    HotlistEntry,
    Match,
    Outcome,
    PlateCandidate,
    SeenAttribute,
    SeenVehicle,
    StateCandidate,
    VehicleDescription,
)
from tests.builders import build_detection, build_entry, moment

# Listed vehicles pass as often as others, so that figures are those of the simple formula.
SETTINGS = MatchingSettings(region=RegionSettings(listed_frequency=1.0))
NOW = moment(0.3)


def matches(detection: Detection, *entries: HotlistEntry, settings: MatchingSettings = SETTINGS) -> list[Match]:
    return match(detection, [ListedEntry(entry, "v1") for entry in entries], settings, NOW)


def unsure(first: str, p: float, second: str, q: float) -> Detection:
    """A read that is one of two texts of one length."""
    lattice = tuple({a: p, b: q} if a != b else {a: 1.0} for a, b in zip(first, second, strict=True))
    return build_detection(
        first, confidence=p, lattice=lattice, candidates=(PlateCandidate(first, p), PlateCandidate(second, q))
    )


@pytest.mark.parametrize(
    ("read", "listed", "outcome"),
    [
        pytest.param("ABC123", "ABC123", Outcome.EXACT, id="same"),
        pytest.param("A8C123", "ABC123", None, id="surely-read-otherwise"),
        pytest.param("ABC12", "ABC123", None, id="shorter"),
        pytest.param("ABC123", "AB?12*", Outcome.LIKELY, id="a-partial-plate-that-it-fits"),
        pytest.param("ABC123", "*9*", None, id="a-partial-plate-that-it-does-not-fit"),
        pytest.param("ABC123", "A*", Outcome.POSSIBLE, id="a-partial-plate-that-many-fit"),
    ],
)
@pytest.mark.policy("KY-G")
def test_a_sure_read_matches_what_it_reads(read: str, listed: str, outcome: Outcome | None) -> None:
    assert [one.outcome for one in matches(build_detection(read), build_entry(listed))] == (
        [outcome] if outcome else []
    )


@pytest.mark.parametrize(
    ("p", "q", "outcome"),
    [
        pytest.param(0.6, 0.39, Outcome.LIKELY, id="nearly-as-likely-as-what-was-read"),
        pytest.param(0.85, 0.1, Outcome.POSSIBLE, id="a-tenth"),
        pytest.param(0.98, 0.004, Outcome.POSSIBLE, id="weak-but-other-cameras-may-bear-it-out"),
        pytest.param(0.998, 0.001, None, id="too-weak"),
    ],
)
def test_a_misread_plate_matches_by_its_share_of_the_reads_probability(
    p: float, q: float, outcome: Outcome | None
) -> None:
    found = matches(unsure("A8C123", p, "ABC123", q), build_entry("ABC123"))
    assert [one.outcome for one in found] == ([outcome] if outcome else [])
    for one in found:
        left = 1 - p - q
        rest = p + left * (0.05 + 0.95 * left)  # of the little that the read does not name, little counts
        assert one.probability == pytest.approx(q / (q + SETTINGS.region.registered_share * rest))


def test_two_listed_plates_share_one_read() -> None:
    detection = unsure("A8C123", 0.6, "ABC123", 0.39)
    one, other = matches(detection, build_entry("A8C123"), build_entry("ABC123"))
    assert one.probability == pytest.approx(0.6 / (0.99 + 0.25 * 0.01 * 0.0595))
    assert other.probability == pytest.approx(0.39 / (0.99 + 0.25 * 0.01 * 0.0595))
    assert one.probability + other.probability <= 1


def test_a_plate_that_reads_otherwise_is_never_exact() -> None:
    (found,) = matches(unsure("A8C123", 0.5, "ABC123", 0.499), build_entry("ABC123"))
    assert found.probability < 0.8
    settings = SETTINGS.model_copy(update={"region": RegionSettings(registered_share=0.01, listed_frequency=1.0)})
    (found,) = matches(unsure("A8C123", 0.5, "ABC123", 0.499), build_entry("ABC123"), settings=settings)
    assert found.probability > 0.9
    assert found.outcome is Outcome.LIKELY


@pytest.mark.parametrize(
    ("seen", "wanted", "outcome"),
    [
        pytest.param({"US-KY": 0.9, "US-OH": 0.1}, "KY", Outcome.EXACT, id="same-state"),
        pytest.param({"US-KY": 0.9, "US-OH": 0.1}, "US-KY", Outcome.EXACT, id="same-state-by-its-whole-code"),
        pytest.param({"US-KY": 0.99}, "OH", Outcome.POSSIBLE, id="another-state"),
        pytest.param({"US-KY": 0.5, "US-OH": 0.49}, "OH", Outcome.EXACT, id="a-state-nearly-as-likely"),
        pytest.param({"DE": 0.9}, "US-DE", Outcome.POSSIBLE, id="germany-is-not-delaware"),
        pytest.param({"DE": 0.9}, "PL", Outcome.POSSIBLE, id="another-country"),
        pytest.param({"PL": 0.9}, "PL", Outcome.EXACT, id="the-same-country"),
        pytest.param({"US": 0.95}, "OH", Outcome.LIKELY, id="only-the-nation-was-seen"),
        pytest.param({}, "OH", Outcome.LIKELY, id="state-was-not-read"),
        pytest.param({"US-KY": 0.9}, None, Outcome.EXACT, id="any-state-is-wanted"),
    ],
)
def test_another_state_is_another_plate_and_is_shown_in_silence(
    seen: dict[str, float], wanted: str | None, outcome: Outcome
) -> None:
    candidates = tuple(StateCandidate(state, confidence) for state, confidence in seen.items())
    detection = build_detection(state=next(iter(seen), None), state_candidates=candidates)
    assert [one.outcome for one in matches(detection, build_entry(state=wanted))] == [outcome]


def test_in_its_own_region_an_entrys_state_is_no_question() -> None:
    home = SETTINGS.model_copy(
        update={"region": RegionSettings(listed_frequency=1.0, state_shares={"US-KY": 0.9}, other_state_share=0.03)}
    )
    detection = build_detection(state_candidates=())
    (ours,) = matches(detection, build_entry(state="KY"), settings=home)
    (stranger,) = matches(detection, build_entry(state="OH"), settings=home)
    assert ours.outcome is Outcome.EXACT
    assert stranger.outcome is Outcome.POSSIBLE


@pytest.mark.policy("KY-G")
def test_a_vehicle_that_fits_makes_surer_and_one_that_does_not_less() -> None:
    detection = unsure("A8C123", 0.85, "ABC123", 0.1)
    entry = build_entry("ABC123", vehicle=VehicleDescription(make="FORD", color="BLU"))
    found = {}
    for name, make in (("same", "Ford"), ("other", "Toyota")):
        vehicle = SeenVehicle(make=SeenAttribute(make, 0.9))
        (found[name],) = matches(build_detection("A8C123", **vars_of(detection), vehicle=vehicle), entry)
    (without,) = matches(detection, entry)
    assert found["other"].probability < without.probability < found["same"].probability
    assert found["same"].evidence is not None
    assert found["same"].evidence.make_ratio > 1
    assert found["same"].evidence.color_ratio == 1.0


def vars_of(detection: Detection) -> dict[str, Any]:
    return {name: getattr(detection, name) for name in ("confidence", "lattice", "candidates")}


def test_a_match_says_of_each_character_what_was_read_and_what_is_wanted() -> None:
    (found,) = matches(unsure("A8C123", 0.61, "ABC123", 0.37), build_entry("ABC123"))
    assert found.evidence is not None
    assert found.evidence.characters[1] == CharacterEvidence("B", {"8": 0.61, "B": 0.37})
    assert found.evidence.characters[0] == CharacterEvidence("A", {"A": 1.0})
    rivals = 0.61 + 0.02 * 0.069
    likelihood = pytest.approx(0.61 * 0.25 / (0.37 + 0.25 * rivals), abs=1e-4)
    assert found.evidence.alternatives == {"A8C123": likelihood}


def test_a_character_too_many_or_too_few_is_shown_as_such() -> None:
    detection = build_detection("ABC12", candidates=(PlateCandidate("ABC12", 0.5), PlateCandidate("ABC123", 0.4)))
    (found,) = matches(detection, build_entry("ABC123"))
    assert found.evidence is not None
    assert found.evidence.characters[-1] == CharacterEvidence("3", {"": 1.0})


@pytest.mark.parametrize(
    ("valid_from", "valid_until", "matched"),
    [
        pytest.param(None, None, True, id="always"),
        pytest.param(0.0, None, True, id="from-this-moment"),
        pytest.param(0.001, None, False, id="from-the-next-moment"),
        pytest.param(None, 0.0, False, id="until-this-moment"),
        pytest.param(None, 0.001, True, id="until-the-next-moment"),
        pytest.param(-60.0, -30.0, False, id="expired-before"),
        pytest.param(-60.0, 0.1, True, id="expired-since-the-plate-passed"),
    ],
)
def test_an_entry_counts_as_it_stood_when_the_plate_passed(
    valid_from: float | None, valid_until: float | None, matched: bool
) -> None:
    entry = build_entry(
        valid_from=None if valid_from is None else moment(valid_from),
        valid_until=None if valid_until is None else moment(valid_until),
    )
    assert bool(matches(build_detection(at_s=0.0), entry)) is matched


@pytest.mark.parametrize(
    ("probability", "outcome"),
    [
        pytest.param(1.0, Outcome.EXACT, id="sure"),
        pytest.param(0.8, Outcome.EXACT, id="just-exact"),
        pytest.param(0.79, Outcome.LIKELY, id="not-quite-exact"),
        pytest.param(0.5, Outcome.LIKELY, id="just-likely"),
        pytest.param(0.49, Outcome.POSSIBLE, id="not-quite-likely"),
        pytest.param(0.0, Outcome.POSSIBLE, id="a-guess"),
    ],
)
def test_the_outcome_follows_from_the_probability(probability: float, outcome: Outcome) -> None:
    assert grade(probability, build_entry("ABC123"), "ABC123", SETTINGS) is outcome


def test_a_category_may_have_thresholds_of_its_own() -> None:
    child = build_entry("ABC123", category=Category.AMBER)
    assert grade(0.35, child, "A8C123", SETTINGS) is Outcome.LIKELY
    assert is_told(0.06, child, SETTINGS)
    assert not is_told(0.06, build_entry("ABC123"), SETTINGS)


def test_a_threshold_of_no_category_is_refused_by_its_name() -> None:
    settings = MatchingSettings(category_thresholds={"ambr": ThresholdSettings()})
    with pytest.raises(UnknownCategoryError, match="'ambr' is no category; known are: amber, "):
        check_categories(settings)


@pytest.mark.policy("NY-V.a")
def test_a_match_of_a_list_that_is_late_says_so() -> None:
    (found,) = match(build_detection(), [ListedEntry(build_entry(), "v1", late=True)], SETTINGS, NOW)
    assert found.hotlist_late


def test_every_entry_that_fits_gives_a_match_with_an_id_that_a_replay_gives_again() -> None:
    detection, entries = build_detection(), [build_entry(id="a"), build_entry(id="b")]
    found = matches(detection, *entries)
    assert [one.entry.id for one in found] == ["a", "b"]
    assert len({one.id for one in found}) == 2
    assert [one.id for one in matches(detection, *entries)] == [one.id for one in found]
    assert {one.hotlist_version for one in found} == {"v1"}


def test_whatever_may_still_be_a_weak_match_is_looked_up() -> None:
    detection = unsure("A7C123", 0.98, "AWC123", 0.004)
    assert lookup_of(detection, SETTINGS).folded == (fold("A7C123"), fold("AWC123"))
    assert matches(detection, build_entry("AWC123"))
    assert lookup_of(unsure("A7C123", 0.99, "AWC123", 0.001), SETTINGS).folded == (fold("A7C123"),)


def seen_in(state: str, plate: str = "ABC123", **changes: Any) -> Detection:
    """A sure read of the plate, of a state that is as surely seen."""
    return build_detection(
        plate, confidence=0.99, candidates=(PlateCandidate(plate, 0.99),),
        lattice=tuple({c: 0.999} for c in plate), state_candidates=(StateCandidate(state, 0.99),), **changes,
    )  # fmt: skip


def witnesses(entry: HotlistEntry, detections: list[Detection], *others: HotlistEntry) -> list[Witness]:
    found = [next(m for m in matches(one, entry, *others) if m.entry.id == entry.id) for one in detections]
    rivals = [one.evidence.alternatives if one.evidence else {} for one in found]
    return [
        Witness(str(place), moment(60.0 * place), None, one.probability, rivals[place])
        for place, one in enumerate(found)
    ]


@pytest.mark.parametrize("cameras", [2, 3])
def test_a_car_of_another_state_is_borne_out_by_no_number_of_cameras(cameras: int) -> None:
    alone, *_ = seen = witnesses(build_entry(state="CA"), [seen_in("US-KY")] * cameras)
    together = believe(seen, Journey(180.0, 200.0))
    assert together.probability < 0.2
    assert together.probability == pytest.approx(alone.wanted, abs=0.05)


def test_a_listed_look_alike_is_a_rival_as_likely_as_its_own_match() -> None:
    detection = unsure("A8C123", 0.6, "ABC123", 0.39)
    wanted, rival = build_entry("ABC123"), build_entry("A8C123")
    by_entry = {one.entry.plate: one for one in matches(detection, wanted, rival)}
    evidence = by_entry["ABC123"].evidence
    assert evidence is not None
    assert evidence.alternatives["A8C123"] == pytest.approx(by_entry["A8C123"].probability, abs=0.01)
    assert believe(witnesses(wanted, [detection] * 3, rival), Journey(180.0, 200.0)).probability < 0.5


def test_the_plate_that_fits_a_partial_entry_is_no_rival_of_it() -> None:
    detection = unsure("ABC123", 0.6, "ABX123", 0.3)
    (found,) = matches(detection, build_entry("ABC1*"))
    assert found.evidence is not None
    assert "ABC123" not in found.evidence.alternatives
    assert believe(witnesses(build_entry("ABC1*"), [detection] * 3), Journey(180.0, 200.0)).probability > 0.8


def test_a_state_in_two_spellings_is_one_plate() -> None:
    one, other = matches(build_detection(), build_entry(state="KY"), build_entry(state="US-KY", id="local/ABC123"))
    (alone,) = matches(build_detection(), build_entry(state="KY"))
    assert one.probability == other.probability == alone.probability


def test_a_pass_that_was_told_and_then_reads_otherwise_is_taken_back() -> None:
    final = build_detection("ABD123", confidence=0.9985, candidates=(PlateCandidate("ABD123", 0.9985),))
    final = msgspec.structs.replace(final, earlier_plates=("ABC123",))
    assert fold("ABC123") in lookup_of(final, SETTINGS).folded
    (found,) = matches(final, build_entry("ABC123"))
    assert found.probability < SETTINGS.weak_probability
    assert found.outcome is Outcome.POSSIBLE


def test_a_vehicle_that_fits_lets_a_less_likely_text_be_looked_up() -> None:
    detection = unsure("ABD123", 0.99, "XBC123", 0.002)
    assert fold("XBC123") not in lookup_of(detection, SETTINGS).folded
    vehicle = SeenVehicle(make=SeenAttribute("Ford", 0.95), color=SeenAttribute("blue", 0.95))
    seen = msgspec.structs.replace(detection, vehicle=vehicle)
    assert fold("XBC123") in lookup_of(seen, SETTINGS).folded
    (found,) = matches(seen, build_entry("XBC123", vehicle=VehicleDescription(make="FORD", color="BLU")))
    assert found.probability > 0.1
