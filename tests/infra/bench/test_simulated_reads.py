from __future__ import annotations

import numpy as np
import pytest

from infra.bench.simulated_reads import CAMERAS, LOOKS, Donor, Donors, known_characters, measure_donors, simulate

RANKS = 4


def donor(character: str, p: float, columns: int = 1) -> Donor:
    """One that read its character with the same probability in every look."""
    return tuple(tuple(tuple({character: p} for _ in range(columns)) for _ in range(LOOKS)) for _ in range(CAMERAS))


def marked(rank: int, number: int) -> float:
    """A probability that names a donor."""
    return round(0.1 * (rank + 1) + 0.01 * number, 2)


DONORS = Donors(
    tuple(
        {character: [donor(character, marked(rank, number)) for number in range(5)] for character in "AB1"}
        for rank in range(RANKS)
    ),
    exact_looks=0.5,
)


@pytest.mark.parametrize("seed", range(20))
def test_each_character_has_one_donor_in_all_looks_and_all_donors_are_of_one_rank(seed: int) -> None:
    vehicle = simulate("AB1A", DONORS, np.random.default_rng(seed))
    looks = [look for looks in vehicle.looks for look in looks]
    assert len(looks) == CAMERAS * LOOKS
    assert all(look == looks[0] for look in looks)
    assert "".join(next(iter(column)) for column in looks[0]) == "AB1A"
    assert len({int(next(iter(column.values())) * 10) for column in looks[0]}) == 1


def test_what_a_donor_read_twice_or_not_at_all_is_so_in_the_vehicle() -> None:
    donors = Donors(({"A": [donor("A", 0.9, columns=2)], "B": [donor("B", 0.9, columns=0)]},), exact_looks=0.0)
    vehicle = simulate("AB", donors, np.random.default_rng(0))
    assert vehicle.looks[0][0] == ({"A": 0.9}, {"A": 0.9})


def test_the_looks_of_a_pass_are_fused_and_one_that_saw_nothing_has_no_say() -> None:
    seen, blind = donor("A", 0.9)[0], ((),) * LOOKS
    vehicle = simulate("A", Donors(({"A": [(seen, blind, seen)]},), exact_looks=1.0), np.random.default_rng(0))
    (column,) = vehicle.fused(0)
    assert max(column, key=column.__getitem__) == "A"
    assert vehicle.fused(1) == ()


def test_a_character_is_known_that_every_rank_has_donors_of() -> None:
    donors = Donors(({"A": [donor("A", 1.0)], "B": [donor("B", 1.0)]}, {"A": [donor("A", 1.0)]}), exact_looks=1.0)
    assert known_characters(donors) == {"A"}


def test_donors_are_measured_with_the_reader_and_the_same_seed_gives_the_same() -> None:
    measured = measure_donors(24, seed=1, region="US")
    assert 0 < measured.exact_looks < 1
    found = [(character, each) for rank in measured.by_rank for character, some in rank.items() for each in some]
    assert found
    assert all([len(looks) for looks in each] == [LOOKS] * CAMERAS for _, each in found)
    named = [any(character in column for column in each[0][0]) for character, each in found]
    assert sum(named) > len(named) / 2, "most donors' looks name their character"
    assert measure_donors(24, seed=1, region="US") == measured
