"""A lattice says for each position what may stand there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizers.lattice import LEAST, build_lattice
from recognizers.plate import NONE, Candidate


def candidates_of(**texts: float) -> list[Candidate]:
    return [Candidate(text.lstrip("_"), confidence) for text, confidence in texts.items()]


@pytest.mark.parametrize(
    ("candidates", "expected"),
    [
        pytest.param(candidates_of(AB=1.0), [{"A": 1.0}, {"B": 1.0}], id="one-text-is-sure"),
        pytest.param(
            candidates_of(AB=0.75, A8=0.25),
            [{"A": 1.0}, {"B": 0.75, "8": 0.25}],
            id="another-character-shares-a-position",
        ),
        pytest.param(
            candidates_of(AB=0.75, A=0.25), [{"A": 1.0}, {"B": 0.75, NONE: 0.25}], id="shorter-text-has-none-there"
        ),
        pytest.param(
            candidates_of(AB=0.75, AXB=0.25),
            [{"A": 1.0}, {NONE: 0.75, "X": 0.25}, {"B": 1.0}],
            id="longer-text-adds-one",
        ),
        pytest.param(
            candidates_of(AB=0.36, A8=0.28),
            [{"A": 0.8}, {"B": 0.8 * 0.36 / 0.64, "8": 0.8 * 0.28 / 0.64}],
            id="texts-that-nobody-named-are-left-out-of-every-character",
        ),
        pytest.param([], [], id="no-text-no-position"),
        pytest.param([Candidate("", 0.9)], [], id="empty-text-no-position"),
    ],
)
def test_lattice_of_candidates(candidates: list[Candidate], expected: list[dict[str, float]]) -> None:
    lattice = build_lattice(candidates)
    assert len(lattice) == len(expected)
    for column, wanted in zip(lattice, expected, strict=True):
        assert column == pytest.approx(wanted)


@given(
    st.lists(
        st.tuples(st.text("AB1", min_size=1, max_size=6), st.floats(0.001, 1.0)),
        min_size=1,
        max_size=8,
        unique_by=lambda entry: entry[0],
    )
)
def test_every_position_is_a_distribution_but_for_what_nobody_named(texts: list[tuple[str, float]]) -> None:
    ranked = sorted((Candidate(text, weight) for text, weight in texts), key=lambda candidate: -candidate.confidence)
    named = min(1.0, sum(weight for _, weight in texts)) ** (1 / len(ranked[0].text))
    for column in build_lattice(ranked):
        total = sum(column.values())
        assert any(total == pytest.approx(share, abs=LEAST * len(texts)) for share in (named, 1.0))
        assert all(probability >= LEAST for probability in column.values()) or len(column) == 1
        assert list(column.values()) == sorted(column.values(), reverse=True)


@given(st.floats(0.05, 1.0), st.text("AB1", min_size=1, max_size=7))
def test_the_likeliest_path_is_as_probable_as_the_read(confidence: float, text: str) -> None:
    product = 1.0
    for column in build_lattice([Candidate(text, confidence)]):
        product *= max(column.values())
    assert product == pytest.approx(confidence)
