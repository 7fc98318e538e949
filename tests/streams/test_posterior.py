from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizers.plate import NONE, Lattice
from streams.posterior import (
    ListedPlate,
    Region,
    TextBelief,
    lattice_probability,
    listed_masses,
    passing_mass,
    pattern_probability,
    posterior,
    state_belief,
    unlisted_posterior,
    with_ratio,
)
from streams.records import PlateCandidate, StateCandidate

KENTUCKY = Region(registered_share=0.057, listed_frequency=1.0, state_shares={"US-KY": 0.85}, other_state_share=0.003)
ANYWHERE = Region(registered_share=0.057, listed_frequency=1.0, state_shares={}, other_state_share=0.5)


@st.composite
def lattices(draw: st.DrawFn) -> Lattice:
    columns = []
    for _ in range(draw(st.integers(1, 4))):
        characters = draw(st.lists(st.sampled_from(["A", "B", "8", NONE]), min_size=1, max_size=3, unique=True))
        weights = draw(st.lists(st.integers(1, 9), min_size=len(characters), max_size=len(characters)))
        columns.append({c: w / sum(weights) for c, w in zip(characters, weights, strict=True)})
    return tuple(columns)


def spelt(lattice: Lattice) -> dict[str, float]:
    """Every text of a lattice and its probability, by trying all paths."""
    texts: dict[str, float] = {}
    for path in itertools.product(*(column.items() for column in lattice)):
        text, p = "".join(c for c, _ in path), 1.0
        for _, q in path:
            p *= q
        texts[text] = texts.get(text, 0.0) + p
    return texts


def fits(text: str, pattern: str) -> bool:
    if not pattern:
        return not text
    if pattern[0] == "*":
        return fits(text, pattern[1:]) or (bool(text) and fits(text[1:], pattern))
    return bool(text) and pattern[0] in {"?", text[0]} and fits(text[1:], pattern[1:])


@given(lattices())
def test_a_texts_probability_is_the_sum_over_the_ways_to_spell_it(lattice: Lattice) -> None:
    for text, p in spelt(lattice).items():
        assert lattice_probability(lattice, text) == pytest.approx(p, rel=1e-3, abs=1e-4)


@given(lattices(), st.text(alphabet="AB8?*", min_size=1, max_size=5))
def test_a_patterns_probability_is_that_of_all_texts_that_fit_it(lattice: Lattice, pattern: str) -> None:
    wanted = sum(p for text, p in spelt(lattice).items() if fits(text, pattern))
    assert pattern_probability(lattice, pattern) == pytest.approx(wanted)


def test_a_candidates_own_probability_goes_before_the_lattices() -> None:
    belief = TextBelief(({"0": 0.5, "O": 0.5},), (PlateCandidate("O", 0.9), PlateCandidate("0", 0.05)))
    assert belief.probability("O") == 0.9
    assert belief.probability("0") == 0.05


def test_what_is_no_candidate_is_less_likely_than_each_of_them_and_than_what_they_leave() -> None:
    lattice = ({"A": 0.4, "B": 0.35, "8": 0.25},)
    assert TextBelief(lattice, (PlateCandidate("A", 0.4), PlateCandidate("B", 0.1))).probability("8") == 0.1
    assert TextBelief(lattice, (PlateCandidate("A", 0.5), PlateCandidate("B", 0.45))).probability("8") == pytest.approx(
        0.05
    )


def belief_of(**texts: float) -> TextBelief:
    return TextBelief((), [PlateCandidate(text, p) for text, p in texts.items()])


@pytest.mark.parametrize(
    ("belief", "listed", "wanted"),
    [
        pytest.param(belief_of(A=0.4, B=0.6), ["A"], 0.4 / (0.4 + 0.057 * 0.6), id="alone-on-the-list"),
        pytest.param(belief_of(A=0.4, B=0.4, C=0.2), ["A", "B"], 0.4 / (0.8 + 0.057 * 0.2), id="beside-another-listed"),
        pytest.param(belief_of(A=1.0), ["A"], 1.0, id="surely-read"),
        pytest.param(belief_of(A=0.4), ["A"], 0.4 / (0.4 + 0.057 * 0.6), id="all-else-is-unnamed"),
        pytest.param(
            belief_of(A=0.4, B=0.3),
            ["A"],
            0.4 / (0.4 + 0.057 * (0.3 + 0.3 * 0.335)),
            id="unnamed-texts-are-mostly-no-plates",
        ),
    ],
)
def test_only_registered_plates_share_the_rest_of_a_reads_mass(
    belief: TextBelief, listed: list[str], wanted: float
) -> None:
    likelihoods = {one.plate: one.confidence for one in belief.candidates}
    mass = passing_mass({text: likelihoods[text] for text in listed}, belief, KENTUCKY)
    assert posterior(likelihoods["A"], mass, KENTUCKY) == pytest.approx(wanted)


@given(st.floats(0.001, 1), st.floats(0.001, 1), st.floats(0.001, 1), st.floats(0, 1))
def test_posteriors_are_probabilities_that_sum_to_one_at_most(
    first: float, second: float, share: float, beyond: float
) -> None:
    region = Region(share, 1.0, {}, 0.5)
    first, second = first / (first + second), second / (first + second)
    belief = belief_of(A=first * 0.9, B=second * 0.9)
    listed = {"A": first * 0.9, "C": beyond * 0.1}
    mass = passing_mass(listed, belief, region)
    found = [posterior(p, mass, region) for p in listed.values()] + [unlisted_posterior(second * 0.9, mass, region)]
    assert all(0 <= p <= 1 for p in found)
    assert sum(found) <= 1 + 1e-9


def test_a_listed_text_that_is_no_candidate_takes_nothing_from_the_candidates() -> None:
    belief = belief_of(A=0.3, B=0.25)
    mass = passing_mass({"X": 0.2}, belief, ANYWHERE)
    assert posterior(0.2, mass, ANYWHERE) == pytest.approx(0.2 / (0.2 + 0.057 * (0.55 + 0.45 * 0.4775 - 0.2)), rel=1e-3)


def test_what_a_read_leaves_unnamed_counts_the_more_the_more_it_is() -> None:
    counted = [belief_of(A=p, B=0.001).unnamed / (0.999 - p) for p in (0.95, 0.7, 0.4, 0.1)]
    assert counted == sorted(counted)
    assert counted[0] == pytest.approx(0.1, abs=0.01)
    assert belief_of(A=0.2).unnamed == pytest.approx(0.8)
    assert belief_of(A=0.2, B=0.001).unnamed > 0.6


def test_a_plate_on_two_lists_counts_once_and_any_state_covers_each_state() -> None:
    twice = [ListedPlate("A", "US-KY", 0.3), ListedPlate("A", "US-KY", 0.3), ListedPlate("B", None, 0.2)]
    assert listed_masses(twice) == {"A": 0.3, "B": 0.2}
    assert listed_masses([ListedPlate("A", None, 0.4), ListedPlate("A", "US-KY", 0.3)]) == {"A": 0.4}
    assert listed_masses([ListedPlate("A", "US-OH", 0.1), ListedPlate("A", "US-KY", 0.3)]) == pytest.approx({"A": 0.4})


@pytest.mark.parametrize(
    ("wanted", "seen", "region", "bounds"),
    [
        pytest.param(None, {"US-KY": 0.9}, KENTUCKY, (1.0, 1.0), id="any-state"),
        pytest.param("US-KY", {}, KENTUCKY, (0.85, 0.85), id="nothing-seen-the-homes-share"),
        pytest.param("US-OH", {}, KENTUCKY, (0.003, 0.003), id="nothing-seen-a-strangers-share"),
        pytest.param("US-KY", {"US-KY": 0.9}, KENTUCKY, (0.99, 1.0), id="home-seen"),
        pytest.param("US-OH", {"US-OH": 0.95}, KENTUCKY, (0.5, 0.8), id="a-stranger-seen"),
        pytest.param("US-OH", {"US-KY": 0.95}, KENTUCKY, (0.0, 0.001), id="another-state-seen"),
        pytest.param("US-OH", {"US-KY": 0.95}, ANYWHERE, (0.01, 0.1), id="another-state-seen-in-an-unknown-region"),
        pytest.param("US-OH", {"US": 0.99}, ANYWHERE, (0.45, 0.55), id="only-the-nation-seen"),
        pytest.param("DE", {"DE": 0.9}, ANYWHERE, (0.95, 1.0), id="a-country-seen"),
        pytest.param("DE", {"US-DE": 0.9}, ANYWHERE, (0.0, 0.1), id="delaware-is-not-germany"),
    ],
)
def test_a_state_speaks_by_what_was_seen_and_by_the_traffic(
    wanted: str | None, seen: dict[str, float], region: Region, bounds: tuple[float, float]
) -> None:
    belief = state_belief(wanted, [StateCandidate(state, p) for state, p in seen.items()], region)
    assert bounds[0] <= belief <= bounds[1]


def test_evidence_multiplies_the_odds() -> None:
    assert with_ratio(0.5, 3.0) == pytest.approx(0.75)
    assert with_ratio(0.2, 1.0) == pytest.approx(0.2)
    assert with_ratio(1.0, 0.1) == pytest.approx(1.0)
    assert with_ratio(0.0, 5.0) == 0.0


def test_vehicles_that_pass_less_often_when_listed_need_a_surer_read() -> None:
    rare = Region(registered_share=0.057, listed_frequency=0.02, state_shares={}, other_state_share=0.5)
    mass = passing_mass({"A": 0.4}, belief_of(A=0.4, B=0.6), rare)
    assert posterior(0.4, mass, rare) == pytest.approx(0.008 / (0.008 + 0.057 * 0.6))
    assert posterior(0.4, mass, rare) + unlisted_posterior(0.6, mass, rare) == pytest.approx(1.0)
