"""Entries come back from their bytes as they were, and the bytes are few."""

from __future__ import annotations

import string
from datetime import UTC
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizers.fold import fold
from streams.hotlist_cells import CellError, FrozenTexts, TextTable, pack_cell, unpack_cell
from streams.records import SCHEMA_VERSION, Category, HotlistEntry, VehicleDescription, event_id
from tests.builders import build_entry, moment

words = st.text(max_size=12)
moments = st.none() | st.datetimes(timezones=st.just(UTC))
ids = words | st.integers().map(lambda number: event_id("entry", number))
plates = st.text(string.ascii_uppercase + string.digits + "?*", min_size=1, max_size=10)
vehicles = st.builds(VehicleDescription, make=words, model=words, color=words, marks=words)
entries = st.builds(
    HotlistEntry,
    id=ids,
    hotlist=st.sampled_from(["stolen", "wanted", ""]),
    plate=plates,
    category=st.sampled_from(Category),
    state=st.none() | words,
    vehicle=st.none() | vehicles,
    record_number=words,
    entered_by=words,
    requested_by=words,
    reason=words,
    instructions=words,
    case_number=words,
    valid_from=moments,
    valid_until=moments,
)


@given(st.lists(st.lists(entries, min_size=1, max_size=3), max_size=6), st.booleans())
def test_every_entry_comes_back_as_it_was(cells: list[list[HotlistEntry]], frozen: bool) -> None:
    learning = TextTable()
    table = FrozenTexts(["stolen", *Category]) if frozen else learning
    packed = [
        (fold(ones[0].plate), pack_cell(ones, hotlist="stolen", plate=fold(ones[0].plate), table=table))
        for ones in cells
    ]
    texts = ["stolen", *Category] if frozen else learning.texts
    assert [unpack_cell(cell, hotlist="stolen", plate=plate, texts=texts) for plate, cell in packed] == cells


def test_no_field_of_an_entry_is_forgotten() -> None:
    told: dict[str, Any] = {field: f"its {field}" for field in HotlistEntry.__struct_fields__}
    words = {field: f"its {field}" for field in VehicleDescription.__struct_fields__}
    told |= {"schema_version": SCHEMA_VERSION, "category": Category.CASE, "vehicle": VehicleDescription(**words)}
    entry = HotlistEntry(**told | {"valid_from": moment(), "valid_until": moment(0.25)})
    cell = pack_cell([entry], hotlist="stolen", plate="ABC123", table=TextTable())
    assert unpack_cell(cell, hotlist="stolen", plate="ABC123", texts=()) == [entry]


def test_what_repeats_costs_a_byte_or_two() -> None:
    table = TextTable()
    sizes = [
        len(pack_cell([typical(number)], hotlist="stolen", plate=f"KX{number:05d}", table=table))
        for number in range(200)
    ]
    assert sizes[0] > 100
    assert sizes[-1] <= 50


def typical(number: int) -> HotlistEntry:
    return build_entry(
        f"KX{number:05d}",
        id=event_id("entry", number),
        state="KY",
        vehicle=VehicleDescription(make="FORD", model="FOCUS", color="BLU"),
        record_number=f"V{number:09d}",
        case_number=f"26-{number:05d}",
        reason="taken from the owner's drive",
    )


def test_a_table_numbers_a_text_when_it_comes_again() -> None:
    table = TextTable()
    assert [table.pack(text) for text in ("once", "twice", "twice", "twice", "")] == ["once", "twice", 0, 0, None]
    assert table.texts == ["twice"]


def test_a_table_that_was_loaded_never_grows() -> None:
    table = FrozenTexts(["known"])
    assert [table.pack(text) for text in ("known", "new", "new")] == [0, "new", "new"]


@pytest.mark.parametrize(
    "cell",
    [
        pytest.param(b"\x00\xff", id="no-message-pack"),
        pytest.param(b'[{"id": "x"}]', id="json-of-old"),
        pytest.param(msgspec.msgpack.encode([["id", 7]]), id="text-that-the-table-lacks"),
        pytest.param(msgspec.msgpack.encode([["id", "no-category"]]), id="unknown-category"),
        pytest.param(msgspec.msgpack.encode([["id", "case", *[None] * 20]]), id="more-fields-than-we-know"),
    ],
)
def test_bytes_that_are_no_cell_are_refused_with_the_list_s_name(cell: bytes) -> None:
    with pytest.raises(CellError, match="hot list stolen cannot be read"):
        unpack_cell(cell, hotlist="stolen", plate="ABC123", texts=("one",))
