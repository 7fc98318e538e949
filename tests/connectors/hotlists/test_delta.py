"""Changes to a list."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.hotlists.delta import apply_changes
from connectors.hotlists.hotlist_file import Removal
from streams.records import Category, HotlistEntry
from tests.builders import build_entry

LIST = (
    build_entry("ABC123", id="ky", state="US-KY", record_number="V1"),
    build_entry("ABC123", id="oh", state="US-OH", category=Category.WARRANT, case_number="26-7"),
    build_entry("XYZ987", id="other"),
)


@pytest.mark.parametrize(
    ("removal", "left"),
    [
        pytest.param(Removal("ABC123"), ["other"], id="plate-alone-takes-all-of-it"),
        pytest.param(Removal("ABC123", "US-KY"), ["oh", "other"], id="of-one-state"),
        pytest.param(Removal("ABC123", category=Category.WARRANT), ["ky", "other"], id="of-one-category"),
        pytest.param(Removal("ABC123", record_number="V1"), ["oh", "other"], id="of-one-record"),
        pytest.param(Removal("ABC123", case_number="26-7"), ["ky", "other"], id="of-one-case"),
        pytest.param(Removal("ABC123", "US-TX"), ["ky", "oh", "other"], id="of-a-state-that-none-has"),
        pytest.param(Removal("NEW111"), ["ky", "oh", "other"], id="of-a-plate-that-is-not-there"),
    ],
)
def test_a_removal_takes_what_agrees_with_all_that_it_says(removal: Removal, left: list[str]) -> None:
    changed = apply_changes(LIST, [removal])
    assert [one.id for one in changed.entries] == left
    assert changed.removed == len(LIST) - len(left)
    assert changed.unmatched == (not changed.removed)


def test_an_addition_takes_the_place_of_the_entry_of_its_id() -> None:
    new = build_entry("XYZ987", id="other", reason="seen in Ohio")
    assert apply_changes(LIST, [new]).entries == (*LIST[:2], new)


def test_changes_count_in_their_order() -> None:
    entry = build_entry("NEW111", id="new")
    assert apply_changes((), [entry, Removal("NEW111")]).entries == ()
    assert apply_changes((), [Removal("NEW111"), entry]).entries == (entry,)


_ENTRIES = st.lists(
    st.builds(lambda plate, state: build_entry(plate, id=f"{plate}/{state}", state=state),
              st.sampled_from(["ABC123", "XYZ987"]), st.sampled_from([None, "US-KY", "US-OH"])),
    max_size=8,
)  # fmt: skip
_REMOVALS = st.builds(Removal, st.sampled_from(["ABC123", "XYZ987"]), st.sampled_from([None, "US-KY"]))


@given(_ENTRIES, st.lists(st.one_of(_ENTRIES.filter(bool).map(lambda found: found[0]), _REMOVALS), max_size=8))
def test_changes_in_two_files_make_the_list_of_both_in_one(
    entries: list[HotlistEntry], changes: list[HotlistEntry | Removal]
) -> None:
    half = len(changes) // 2
    in_two = apply_changes(apply_changes(entries, changes[:half]).entries, changes[half:])
    assert in_two.entries == apply_changes(entries, changes).entries


@given(_ENTRIES, st.lists(_ENTRIES.filter(bool).map(lambda found: found[0]), max_size=8))
def test_additions_that_come_twice_change_nothing(entries: list[HotlistEntry], changes: list[HotlistEntry]) -> None:
    once = apply_changes(entries, changes)
    assert apply_changes(once.entries, changes).entries == once.entries
