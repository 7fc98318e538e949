"""A list written to a file and loaded again is the same list."""

from __future__ import annotations

import stat
from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.hotlists.errors import HotlistFileError
from connectors.hotlists.export import write_export
from connectors.hotlists.loader import HotlistLoader
from connectors.hotlists.template_catalogue import find_template
from streams.records import Category, HotlistEntry, VehicleDescription, event_id, to_milliseconds
from tests.builders import build_entry, moment

TEMPLATE = find_template("platewatch-csv")

_text = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S"), exclude_characters="\ufffd"), max_size=12)
_upper = st.text(st.sampled_from("ABC-12"), max_size=5)
_times = st.none() | st.datetimes(timezones=st.just(UTC)).filter(lambda one: one > moment()).map(to_milliseconds)


@st.composite
def entries(draw: st.DrawFn) -> HotlistEntry:
    plate = draw(st.from_regex(r"[A-Z0-9]{3,7}", fullmatch=True) | st.just("AB?12*"))
    state, category = draw(st.sampled_from([None, "US-KY", "DE"])), draw(st.sampled_from(Category))
    record, case = draw(_text), draw(_text)
    vehicle = VehicleDescription(make=draw(_upper), color=draw(_upper), year=draw(_upper), marks=draw(_text))
    return HotlistEntry(
        id=event_id("entry", "stolen", plate, state or "", category, record or case),
        hotlist="stolen",
        plate=plate,
        category=category,
        state=state,
        vehicle=vehicle if vehicle != VehicleDescription() else None,
        record_number=record,
        case_number=case,
        reason=draw(_text),
        instructions=draw(_text),
        entered_by=draw(_text),
        valid_until=draw(_times),
    )


@given(st.lists(entries(), min_size=1, max_size=5, unique_by=lambda one: one.id))
def test_a_list_that_was_exported_is_loaded_again_as_it_was(listed: list[HotlistEntry]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "list.csv"
        write_export(path, listed)
        found = HotlistLoader(TEMPLATE, "stolen").read(path, moment())
        again = Path(folder) / "again.csv"
        write_export(again, found.entries)
        assert again.read_bytes() == path.read_bytes()
    assert found.refused == ()
    assert {one.id: one for one in found.entries} == {one.id: one for one in listed}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        pytest.param("stop\r\nwith care", "stop with care", id="several-lines"),
        pytest.param("stop\x00\x1bhere", "stop here", id="control-characters"),
        pytest.param("Jos\ufffd", "Jos?", id="a-character-that-was-lost"),
    ],
)
def test_what_no_row_can_hold_is_replaced(tmp_path: Path, text: str, written: str) -> None:
    write_export(tmp_path / "list.csv", [build_entry(instructions=text)])
    (entry,) = HotlistLoader(TEMPLATE, "stolen").read(tmp_path / "list.csv", moment()).entries
    assert entry.instructions == written


def test_an_export_replaces_the_file_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("before", encoding="utf-8")
    write_export(path, [build_entry()])
    assert "before" not in path.read_text(encoding="utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["list.csv"]


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(HotlistFileError, match="cannot be written"):
        write_export(tmp_path / "no" / "list.csv", [msgspec.structs.replace(build_entry())])
