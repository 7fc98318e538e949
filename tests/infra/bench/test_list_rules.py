from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.bench.list_rules import ListedPlates

LENGTH = 6
few = st.text("AB18", min_size=1, max_size=8)
listed_plates = st.lists(st.text("AB18", min_size=LENGTH, max_size=LENGTH), min_size=1, max_size=12, unique=True)


@pytest.mark.parametrize(
    ("one", "other", "similarity"),
    [
        pytest.param("MARTHA", "MARHTA", 0.9611, id="transposed"),
        pytest.param("DIXON", "DICKSONX", 0.8133, id="of-unequal-length"),
        pytest.param("DWAYNE", "DUANE", 0.8400, id="shorter"),
        pytest.param("JELLYFISH", "SMELLYFISH", 0.8963, id="without-a-common-beginning"),
        pytest.param("ABC123", "ABC123", 1.0, id="same"),
        pytest.param("ABC123", "XYZ789", 0.0, id="nothing-in-common"),
    ],
)
def test_jaro_winkler_gives_the_values_that_the_literature_gives(one: str, other: str, similarity: float) -> None:
    for text, listed in ((one, other), (other, one)):
        assert ListedPlates([listed]).jaro_winkler(text, similarity - 0.0001) == {listed}
        assert ListedPlates([listed]).jaro_winkler(text, similarity + 0.0001) == set()


@given(few, listed_plates, st.floats(0.5, 0.99))
def test_jaro_winkler_brings_up_what_a_comparison_one_by_one_does(text: str, plates: list[str], least: float) -> None:
    similar = {plate: jaro_winkler(text, plate) for plate in plates}
    found = ListedPlates(plates).jaro_winkler(text, least)
    assert found <= {plate for plate, value in similar.items() if value >= least - 1e-9}
    assert found >= {plate for plate, value in similar.items() if value >= least + 1e-9}


@given(few, st.lists(few, max_size=12, unique=True))
def test_one_edit_brings_up_what_is_at_most_one_edit_away(text: str, plates: list[str]) -> None:
    assert ListedPlates(plates).one_edit(text) == {plate for plate in plates if edits(text, plate) <= 1}


@pytest.mark.parametrize(
    ("read", "exact", "folded", "one_edit"),
    [
        pytest.param("ABC123", {"ABC123"}, {"ABC123", "A8C123"}, {"ABC123", "A8C123"}, id="as-listed"),
        pytest.param("A8CI23", set(), {"ABC123", "A8C123"}, {"A8C123"}, id="two-look-alikes"),
        pytest.param("ABC12", set(), set(), {"ABC123"}, id="one-character-short"),
        pytest.param("XYZ789", set(), set(), set(), id="nothing-like-it"),
    ],
)
def test_each_rule_brings_up_its_own(read: str, exact: set[str], folded: set[str], one_edit: set[str]) -> None:
    listed = ListedPlates(["ABC123", "A8C123", "QQQ999"])
    assert (listed.exact(read), listed.folded(read), listed.one_edit(read)) == (exact, folded, one_edit)


def edits(one: str, other: str) -> int:
    """Levenshtein distance by its recursive definition."""

    @cache
    def between(i: int, j: int) -> int:
        if 0 in {i, j}:
            return i + j
        changed = between(i - 1, j - 1) + (one[i - 1] != other[j - 1])
        return min(changed, between(i - 1, j) + 1, between(i, j - 1) + 1)

    return between(len(one), len(other))


def jaro_winkler(one: str, other: str) -> float:
    """Two strings alone, as Winkler (1990) defines it."""
    reach = max(0, max(len(one), len(other)) // 2 - 1)
    taken: set[int] = set()
    ours: list[str] = []
    for place, character in enumerate(one):
        near = range(max(0, place - reach), min(len(other), place + reach + 1))
        found = next((at for at in near if at not in taken and other[at] == character), None)
        if found is not None:
            taken.add(found)
            ours.append(character)
    if not ours:
        return 0.0
    theirs = [other[at] for at in sorted(taken)]
    transposed = sum(a != b for a, b in zip(ours, theirs, strict=True)) / 2
    jaro = (len(ours) / len(one) + len(ours) / len(other) + (len(ours) - transposed) / len(ours)) / 3
    alike = [a == b for a, b in zip(one, other, strict=False)][:4]
    prefix = alike.index(False) if False in alike else len(alike)
    return jaro + prefix * 0.1 * (1 - jaro)
