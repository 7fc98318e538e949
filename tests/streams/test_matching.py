from __future__ import annotations

import pytest

from infra.settings.pipeline import MatchingSettings
from streams.hotlist_store import ListedEntry
from streams.matching import grade, match
from streams.records import Detection, HotlistEntry, Match, Outcome, StateCandidate
from tests.builders import build_detection, build_entry, moment

SETTINGS = MatchingSettings()
NOW = moment(0.3)


def matches(detection: Detection, *entries: HotlistEntry) -> list[Match]:
    return match(detection, [ListedEntry(entry, "v1") for entry in entries], SETTINGS, NOW)


@pytest.mark.parametrize(
    ("read", "listed", "matched"),
    [
        pytest.param("ABC123", "ABC123", True, id="same"),
        pytest.param("A8C123", "ABC123", False, id="folds-alike-but-reads-otherwise"),
        pytest.param("ABC12", "ABC123", False, id="shorter"),
    ],
)
def test_only_the_plate_as_read_matches(read: str, listed: str, matched: bool) -> None:
    assert bool(matches(build_detection(read), build_entry(listed))) is matched


@pytest.mark.parametrize(
    ("seen", "wanted", "outcome"),
    [
        pytest.param({"US-KY": 0.9, "US-OH": 0.1}, "KY", Outcome.EXACT, id="same-state"),
        pytest.param({"US-KY": 0.9, "US-OH": 0.1}, "US-KY", Outcome.EXACT, id="same-state-by-its-whole-code"),
        pytest.param({"US-KY": 0.9, "US-OH": 0.1}, "OH", Outcome.LIKELY, id="another-state"),
        pytest.param({"US-KY": 0.5, "US-OH": 0.49}, "OH", Outcome.EXACT, id="a-state-nearly-as-likely"),
        pytest.param({"DE": 0.9}, "US-DE", Outcome.LIKELY, id="germany-is-not-delaware"),
        pytest.param({"DE": 0.9}, "DE", Outcome.LIKELY, id="a-list-that-says-de-means-delaware"),
        pytest.param({"DE": 0.9}, "PL", Outcome.LIKELY, id="another-country"),
        pytest.param({"PL": 0.9}, "PL", Outcome.EXACT, id="the-same-country"),
        pytest.param({"US": 0.95}, "OH", Outcome.EXACT, id="only-the-nation-was-seen"),
        pytest.param({}, "OH", Outcome.EXACT, id="state-was-not-read"),
        pytest.param({"US-KY": 0.9}, None, Outcome.EXACT, id="any-state-is-wanted"),
    ],
)
def test_another_state_weakens_a_match_and_never_silences_it(
    seen: dict[str, float], wanted: str | None, outcome: Outcome
) -> None:
    candidates = tuple(StateCandidate(state, confidence) for state, confidence in seen.items())
    detection = build_detection(state=next(iter(seen), None), state_candidates=candidates)
    assert [one.outcome for one in matches(detection, build_entry(state=wanted))] == [outcome]


@pytest.mark.parametrize(
    ("confidence", "outcome"),
    [
        pytest.param(0.95, Outcome.LIKELY, id="exact"),
        pytest.param(0.81, Outcome.LIKELY, id="barely-exact"),
        pytest.param(0.55, Outcome.LIKELY, id="likely"),
        pytest.param(0.4, Outcome.POSSIBLE, id="possible"),
    ],
)
def test_a_state_takes_a_match_down_by_one_grade_at_most(confidence: float, outcome: Outcome) -> None:
    detection = build_detection(confidence=confidence, state_candidates=(StateCandidate("US-TX", 0.99),))
    assert [one.outcome for one in matches(detection, build_entry(state="OH"))] == [outcome]


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
    assert grade(probability, SETTINGS) is outcome


def test_every_entry_that_fits_gives_a_match_with_an_id_that_a_replay_gives_again() -> None:
    detection, entries = build_detection(), [build_entry(id="a"), build_entry(id="b")]
    found = matches(detection, *entries)
    assert [one.entry.id for one in found] == ["a", "b"]
    assert len({one.id for one in found}) == 2
    assert [one.id for one in matches(detection, *entries)] == [one.id for one in found]
    assert {one.hotlist_version for one in found} == {"v1"}
