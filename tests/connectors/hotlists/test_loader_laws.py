"""Laws of reading: whatever the bytes, a file is read or refused in one sentence; every row is accounted for."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.hotlists.errors import HotlistFileError
from connectors.hotlists.hotlist_file import HotlistFile, LoadMode
from connectors.hotlists.loader import HotlistLoader
from connectors.hotlists.template import DelimitedLayout, HotlistTemplate
from connectors.hotlists.template_catalogue import all_templates
from streams.records import Category, event_id

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
TEMPLATES = all_templates(plugins=tuple)

GOOD_ROWS = {
    "genetec-comma": "Stolen,KY,KKX902,,,",
    "genetec-fixed": "Stolen          KY  KKX902",
    "genetec-semicolon": "Stolen;KY;KKX902;;;",
    "ncic-codes": "KKX902,EV" + "," * 11,
    "parkpow-vehicles": "KKX902" + "," * 6,
    "platerecognizer-front-rear": "KKX902,FORD,",
    "platewatch-csv": "KKX902,case",
    "vigilant-alerts": "KKX902,KY,Stolen,High,,,,",
}
"""Of each template under the header that lists its columns in their order."""

_cells = st.one_of(
    st.sampled_from(["ABC123", "a-1 b", "KY", "case", "EV-F", "2026-05-01", "20260501", "", "2020-01-01", '"', "x,y"]),
    st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), max_size=6),
)


def read(template: HotlistTemplate, content: bytes, mode: LoadMode = LoadMode.FULL) -> HotlistFile:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "list"
        path.write_bytes(content)
        return HotlistLoader(template, "list", category=Category.CASE, mode=mode, others=TEMPLATES).read(path, NOW)


def header_of(template: HotlistTemplate) -> str:
    if not isinstance(template.layout, DelimitedLayout) or not template.layout.header:
        return ""
    names = dict.fromkeys(column.header or "" for column in template.columns)
    return template.layout.separator.join(names) + "\n"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: one.name)
@settings(max_examples=40)
@given(content=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_any_bytes_are_read_or_refused_in_one_sentence(template: HotlistTemplate, content: bytes) -> None:
    try:
        found = read(template, header_of(template).encode() + content)
    except HotlistFileError as error:
        message = str(error)
    else:
        message = ""
        assert found.entries
    assert "\n" not in message


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: one.name)
@settings(max_examples=40)
@given(rows=st.lists(st.lists(_cells, min_size=1, max_size=9), max_size=12))
def test_every_row_is_an_entry_or_a_duplicate_or_over_or_refused(
    template: HotlistTemplate, rows: list[list[str]]
) -> None:
    separator = template.layout.separator if isinstance(template.layout, DelimitedLayout) else " "
    content = "".join(separator.join(row) + "\n" for row in rows)
    found = read(template, f"{header_of(template)}{GOOD_ROWS[template.name]}\n{content}".encode())
    counts = found.counts
    assert len(found.entries) + counts.duplicates + counts.expired + counts.refused == counts.rows
    assert len(found.refused) == counts.refused
    for entry in found.entries:
        number = entry.record_number or entry.case_number
        assert entry.id == event_id("entry", "list", entry.plate, entry.state or "", entry.category, number)
        assert entry.valid_until is None or entry.valid_until > NOW


@given(st.permutations(["ABC123,case", "XYZ987,warrant", "abc-123,case", "ZZ9,", "KKX902,amber"]))
def test_the_order_of_rows_changes_no_entry(rows: list[str]) -> None:
    template = next(one for one in TEMPLATES if one.name == "platewatch-csv")
    found = read(template, ("plate,category\n" + "\n".join(rows) + "\n").encode())
    assert {entry.plate for entry in found.entries} == {"ABC123", "XYZ987", "ZZ9", "KKX902"}
    assert found.counts.duplicates == 1
