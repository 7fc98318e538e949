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
        pytest.param(candidates_of(AB=0.5), [{"A": 1.0}, {"B": 1.0}], id="one-text-is-sure"),
        pytest.param(
            candidates_of(AB=0.6, A8=0.2),
            [{"A": 1.0}, {"B": 0.75, "8": 0.25}],
            id="another-character-shares-a-position",
        ),
        pytest.param(
            candidates_of(AB=0.6, A=0.2), [{"A": 1.0}, {"B": 0.75, NONE: 0.25}], id="shorter-text-has-none-there"
        ),
        pytest.param(
            candidates_of(AB=0.6, AXB=0.2), [{"A": 1.0}, {NONE: 0.75, "X": 0.25}, {"B": 1.0}], id="longer-text-adds-one"
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
def test_every_position_is_a_distribution(texts: list[tuple[str, float]]) -> None:
    ranked = sorted((Candidate(text, weight) for text, weight in texts), key=lambda candidate: -candidate.confidence)
    for column in build_lattice(ranked):
        assert sum(column.values()) == pytest.approx(1.0, abs=LEAST * len(texts))
        assert all(probability >= LEAST for probability in column.values())
        assert list(column.values()) == sorted(column.values(), reverse=True)
