"""Single changes to the part of a list that they touch."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from recognizers.fold import fold
from streams.hotlist_changes import Sizes, Touched
from streams.records import ChangeKind, HotlistChange, HotlistEntry
from tests.builders import build_entry, moment

entries = st.builds(
    build_entry,
    st.sampled_from(["ABC123", "A8C123", "XYZ987", "AB?1*", "*9"]),
    id=st.sampled_from("abc"),
    reason=st.sampled_from(["first", "second"]),
)
changes = st.builds(
    HotlistChange, kind=st.sampled_from(ChangeKind), entry=entries, at=st.just(moment()), by=st.just("")
)


def key_of(entry: HotlistEntry) -> tuple[str, str]:
    """What makes an entry one of its own: its id, under its plate or among the partial ones."""
    return ("partial" if entry.is_partial else fold(entry.plate), entry.id)


def touched(listed: list[HotlistEntry]) -> Touched:
    plates: dict[str, list[HotlistEntry]] = {}
    for entry in listed:
        if not entry.is_partial:
            plates.setdefault(fold(entry.plate), []).append(entry)
    return Touched(plates, [entry for entry in listed if entry.is_partial])


@given(st.lists(entries, max_size=8), st.lists(changes, max_size=8))
def test_changes_in_their_order_do_what_a_plain_table_would(
    before: list[HotlistEntry], made: list[HotlistChange]
) -> None:
    table = {key_of(entry): entry for entry in before}
    part = touched(before)
    missing = []
    for change in made:
        if change.kind is ChangeKind.ADDED:
            table[key_of(change.entry)] = change.entry
        elif table.pop(key_of(change.entry), None) is None:
            missing.append(change.entry.id)
    assert part.make(made) == tuple(missing)
    left = [entry for listed in part.plates.values() for entry in listed.values()] + [*part.partials.values()]
    assert {key_of(entry): entry for entry in left} == table
    assert part.sizes().entries == len(left) == len(table)


@given(st.lists(entries, max_size=8), st.lists(changes, max_size=8))
def test_changes_made_twice_are_made_once(before: list[HotlistEntry], made: list[HotlistChange]) -> None:
    once, twice = touched(before), touched(before)
    once.make(made)
    twice.make([*made, *made])
    assert (once.plates, once.partials) == (twice.plates, twice.partials)


def test_sizes_count_plates_that_have_entries_and_all_entries() -> None:
    part = touched([build_entry("ABC123", id="a"), build_entry("A8C123", id="b"), build_entry("*9", id="c")])
    assert part.sizes() == Sizes(plates=1, entries=3, partials=1)
