"""A whole list packed: every entry in its place, counted once."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from recognizers.fold import fold
from streams.hotlist_cells import unpack_cell
from streams.packed_hotlist import PackedHotlist, pack_hotlist
from streams.records import HotlistEntry
from tests.builders import build_entry

entries = st.builds(
    build_entry,
    st.sampled_from(["ABC123", "A8C123", "XYZ987", "AB?1*", "*9"]),
    id=st.sampled_from("abcd"),
    reason=st.sampled_from(["", "first", "second"]),
)


def unpacked(packed: PackedHotlist) -> list[HotlistEntry]:
    texts = msgspec.msgpack.decode(packed.texts, type=list[str])
    cells = [*packed.cells.items(), *(("", cell) for cell in packed.partials.values())]
    return [entry for plate, cell in cells for entry in unpack_cell(cell, hotlist="stolen", plate=plate, texts=texts)]


@given(st.lists(entries, max_size=20))
def test_of_entries_with_one_id_under_one_plate_the_last_counts(listed: list[HotlistEntry]) -> None:
    last = {("partial" if one.is_partial else fold(one.plate), one.id): one for one in listed}
    packed = pack_hotlist("stolen", iter(listed))
    assert sorted(map(repr, unpacked(packed))) == sorted(map(repr, last.values()))
    assert packed.entries == len(last)
    assert set(packed.cells) == {fold(one.plate) for one in listed if not one.is_partial}


def test_the_digest_changes_with_any_entry() -> None:
    first, second = build_entry("ABC123"), build_entry("AB?1*")
    lists = [[], [first], [second], [first, second], [first, build_entry("AB?2*")], [build_entry("ABC123", reason="?")]]
    assert len({pack_hotlist("stolen", one).digest() for one in lists}) == len(lists)
    assert pack_hotlist("stolen", lists[3]).digest() == pack_hotlist("stolen", lists[3]).digest()


def test_many_rows_of_one_plate_are_packed_once_at_the_end() -> None:
    many = [build_entry("UNKNWN", id=str(number)) for number in range(5_000)]
    assert pack_hotlist("stolen", many).entries == 5_000
