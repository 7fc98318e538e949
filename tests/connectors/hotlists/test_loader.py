"""Hot-list files to entries, each kind of bad input with its words."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.hotlists.errors import HotlistFileError
from connectors.hotlists.hotlist_file import HotlistFile, LoadMode, Removal
from connectors.hotlists.lines import MAX_LINE
from connectors.hotlists.loader import HotlistLoader
from connectors.hotlists.row_collector import GIVE_UP_AFTER
from connectors.hotlists.template import HotlistTemplate
from connectors.hotlists.template_catalogue import all_templates, find_template
from streams.records import Category, HotlistEntry, event_id

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
HEADER = "plate,category,state,reason,instructions,case_number,valid_from,valid_until\n"


def read(
    tmp_path: Path,
    content: str | bytes,
    template: HotlistTemplate | str = "platewatch-csv",
    *,
    category: Category | None = None,
    mode: LoadMode = LoadMode.FULL,
) -> HotlistFile:
    path = tmp_path / "list.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    chosen = find_template(template) if isinstance(template, str) else template
    return HotlistLoader(chosen, "stolen", category=category, mode=mode, others=all_templates()).read(path, NOW)


def plates(content: HotlistFile) -> list[str]:
    return [entry.plate for entry in content.entries]


def test_a_row_becomes_an_entry_with_all_that_it_says(tmp_path: Path) -> None:
    row = "abc 123,Stolen-Vehicle,ky,reported stolen,stop with care,26-1,2026-01-05,2026-05-01T08:00:00-04:00\n"
    (entry,) = read(tmp_path, HEADER + row).entries
    assert entry == HotlistEntry(
        id=event_id("entry", "stolen", "ABC123", "US-KY", "stolen-vehicle", "26-1"),
        hotlist="stolen",
        plate="ABC123",
        category=Category.STOLEN_VEHICLE,
        state="US-KY",
        reason="reported stolen",
        instructions="stop with care",
        case_number="26-1",
        valid_from=datetime(2026, 1, 5, tzinfo=UTC),
        valid_until=datetime(2026, 5, 1, 12, tzinfo=UTC),
    )


def test_the_same_row_has_the_same_id_at_every_load_and_another_list_gives_another(tmp_path: Path) -> None:
    content = HEADER + "ABC123,case,,,,26-1,,\n"
    (first,), (second,) = read(tmp_path, content).entries, read(tmp_path, "\n" + content + "XY12,case\n").entries[:1]
    assert first == second
    other = HotlistLoader(find_template("platewatch-csv"), "wanted").read(tmp_path / "list.csv", NOW)
    assert other.entries[0].id != first.id


def test_the_record_number_goes_before_the_case_number_in_an_id(tmp_path: Path) -> None:
    header = "plate,category,case_number,record_number\n"
    (with_record,) = read(tmp_path, header + "ABC123,case,26-1,V7\n").entries
    assert with_record.id == event_id("entry", "stolen", "ABC123", "", "case", "V7")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xef\xbb\xbfplate,category\nABC123,case\n", id="utf-8-mark"),
        pytest.param("\ufeffplate,category\nABC123,case\n".encode("utf-16-le"), id="utf-16-le-mark"),
        pytest.param("\ufeffplate,category\nABC123,case\n".encode("utf-16-be"), id="utf-16-be-mark"),
        pytest.param(b"plate,category\r\nABC123,case\r\n", id="crlf"),
        pytest.param(b"plate,category\rABC123,case\r", id="cr-alone"),
        pytest.param(b"plate,category\nABC123,case", id="no-last-line-break"),
        pytest.param(b"\n\nplate,category\n\n  \nABC123,case\n,\n\n", id="blank-lines"),
        pytest.param(b'"plate","category"\n"ABC123","case"\n', id="all-quoted"),
        pytest.param(b"Plate, CATEGORY \nABC123 , case \n", id="header-in-capitals-and-blanks"),
        pytest.param(b"category,plate\ncase,ABC123\n", id="other-order"),
        pytest.param(b"plate,category,state\nABC123,case\n", id="last-cells-left-out"),
    ],
)
def test_a_file_is_read_whatever_wrote_it(tmp_path: Path, content: bytes) -> None:
    found = read(tmp_path, content)
    assert plates(found) == ["ABC123"]
    assert found.refused == ()
    assert (found.counts.rows, found.counts.refused) == (1, 0)


@pytest.mark.parametrize(
    ("cell", "plate"),
    [
        pytest.param("abc 123", "ABC123", id="lower-case-and-blank"),
        pytest.param(" ABC-12·3 ", "ABC123", id="hyphen-and-dot"),
        pytest.param("MÜ-ÁB 1", "MUAB1", id="accents-are-read-as-their-letters"),
        pytest.param('"ABC""123"', "ABC123", id="quotes"),
        pytest.param("'ABC123'", "ABC123", id="apostrophes"),
    ],
)
def test_plates_are_spelt_in_one_way(tmp_path: Path, cell: str, plate: str) -> None:
    assert plates(read(tmp_path, f"plate,category\n{cell},case\n")) == [plate]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param("A,case,,,,,,", "plate 'A' has 1 letters and digits; a plate has 2 to 10", id="short-plate"),
        pytest.param("ABCDEFGHIJK,case,,,,,,", "has 11 letters and digits", id="long-plate"),
        pytest.param(",case,KY,,,,,", "plate '' has 0 letters", id="no-plate"),
        pytest.param(
            "\u0410\u0412\u0421123,case,,,,,,", "which is no Latin letter or digit", id="cyrillic-look-alikes"
        ),
        pytest.param("A?*,case,,,,,,", "knows 1 characters", id="partial-plate-that-fits-all"),
        pytest.param("AB123456???,case,,,,,,", "longer than any plate", id="partial-plate-too-long"),
        pytest.param("ABC123,,,,,,,", "the category is missing", id="no-category"),
        pytest.param("ABC123,theft,,,,,,", "category 'theft' is unknown; known are: amber, ", id="unknown-category"),
        pytest.param("ABC123,case,Kentuckyy,,,,,", "state 'KENTUCKYY' is unknown", id="unknown-state"),
        pytest.param("ABC123,case,US-XX,,,,,", "state 'US-XX' is unknown", id="state-that-the-us-has-not"),
        pytest.param("ABC123,case,,,,,01/05/2026,", "valid_from '01/05/2026' is no date", id="ambiguous-date"),
        pytest.param("ABC123,case,,,,,2026-02-30,", "valid_from '2026-02-30' is no date", id="no-such-day"),
        pytest.param("ABC123,case,,,,,2026-06-01,2026-05-01", "over before it begins", id="dates-exchanged"),
        pytest.param("ABC123,case,,a,b,c,,,d", "it has 9 cells where 8 belong", id="separator-in-a-text"),
        pytest.param('ABC123,case,,"a,b,c,,', 'a " opens or closes in the wrong place', id="open-quote"),
        pytest.param("AB\x00C123,case,,,,,,", "holds the control character U+0000", id="nul"),
        pytest.param("ABC123,case,,\x1b[2J,,,,", "holds the control character U+001B", id="escape"),
        pytest.param(f"ABC123,case,,{'x' * (1 << 20)},,,,", f"more than {MAX_LINE} characters", id="line-of-1-mib"),
    ],
)
def test_a_bad_row_is_refused_with_its_line_and_the_others_count(tmp_path: Path, row: str, reason: str) -> None:
    found = read(tmp_path, f"{HEADER}GOOD1,case,,,,,,\n{row}\nGOOD2,case,,,,,,\n")
    assert plates(found) == ["GOOD1", "GOOD2"]
    (refused,) = found.refused
    assert refused.line == 3
    assert reason in refused.reason
    assert (found.counts.rows, found.counts.refused) == (3, 1)


def test_bytes_that_are_no_text_refuse_their_line_alone(tmp_path: Path) -> None:
    found = read(tmp_path, b"plate,category,reason\nABC123,case,Jos\xe9\nXYZ123,case,Jose\n")
    assert plates(found) == ["XYZ123"]
    assert [(row.line, row.reason) for row in found.refused] == [
        (2, "the line holds bytes that are no utf-8; name the file's encoding in the template")
    ]


def test_a_refusal_tells_the_plate_and_never_the_whole_row(tmp_path: Path) -> None:
    long = "x" * 500
    (refused,) = read(tmp_path, f"{HEADER}GOOD1,case,,,,,,\nABC-123,{long},,secret,,,,\n").refused
    assert refused.plate == "ABC123"
    assert "secret" not in refused.reason
    assert long not in refused.reason


def test_entries_that_are_over_are_counted_and_not_refused(tmp_path: Path) -> None:
    rows = "OLD1,case,,,,,,2026-03-31\nTODAY1,case,,,,,,2026-04-01\nNEW1,case,,,,,2026-05-01,\n"
    found = read(tmp_path, HEADER + rows)
    assert plates(found) == ["TODAY1", "NEW1"], "a day without a time counts to its end"
    assert (found.counts.rows, found.counts.expired, found.counts.refused) == (3, 1, 0)


def test_rows_of_one_entry_become_one_of_which_the_last_counts(tmp_path: Path) -> None:
    found = read(
        tmp_path, HEADER + "ABC123,case,KY,first,,26-1,,\nabc-123,case,US-KY,last,,26-1,,\nABC123,case,,,,26-1,,\n"
    )
    assert [(one.plate, one.state, one.reason) for one in found.entries] == [
        ("ABC123", "US-KY", "last"),
        ("ABC123", None, ""),
    ]
    assert found.counts.duplicates == 1


def test_a_category_of_the_list_fills_in_for_rows_that_say_none(tmp_path: Path) -> None:
    found = read(tmp_path, "plate,category\nABC123,\nXYZ123,case\n", category=Category.AMBER)
    assert [entry.category for entry in found.entries] == [Category.AMBER, Category.CASE]


def test_partial_plates_are_taken_where_the_template_has_them(tmp_path: Path) -> None:
    found = read(tmp_path, "plate,category\nab-?1**9,case\n")
    assert plates(found) == ["AB?1*9"]
    assert found.entries[0].is_partial


def test_partial_plates_are_refused_where_the_template_has_none(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "LICENSE_PLATE,MAKE,MODEL\nAB?123,FORD,\nABC123,FORD,\n",
        "platerecognizer-front-rear",
        category=Category.CASE,
    )
    assert plates(found) == ["ABC123"]
    assert "takes whole plates only" in found.refused[0].reason


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"", "is empty; fetch it again", id="empty"),
        pytest.param(b"\n  \n", "has no line with text", id="blank"),
        pytest.param(HEADER.encode(), "has no rows; fetch it again", id="header-alone"),
        pytest.param(HEADER.encode() + b"A,case,,,,,,\n", "none of the 1 rows", id="no-usable-row"),
        pytest.param(HEADER.encode() + b"ABC123,case,,,,,,2020-01-01\n", "1 of its 1 rows are over", id="all-over"),
        pytest.param(b"MKE,LIC,LIS\nEV,ABC123,KY\n", "it looks like template ncic-codes", id="other-template"),
        pytest.param(b"plate;category\nABC123;case\n", "check the separator", id="other-separator"),
        pytest.param(b"plate,category,plat\n", "unknown column 'plat'", id="misspelt-column"),
        pytest.param(b"plate,category,plate\nA,b,c\n", "two columns 'plate'", id="column-twice"),
        pytest.param(b'plate,"category\nABC123,case\n', "in its header", id="open-quote-in-the-header"),
        pytest.param(b"pla\x00te,category\n" + b"ABC123,case\n" * 9, "its header cannot be read", id="nul-in-header"),
        pytest.param(HEADER.encode() + b"ABC123,case,,,,,,\nXYZ1", "cut off in line 3", id="cut-off-in-a-row"),
        pytest.param(HEADER.encode() + b"ABC123,case,,,,,,\nXYZ123,case,KY", "cut off in line 3", id="cells-cut-off"),
        pytest.param(HEADER.encode() + b"ABC123,case,,,,,,\n\"XYZ1", "cut off in line 3", id="cut-off-in-quotes"),
        pytest.param(HEADER.encode() + b"ABC123,case,,,,,,\nXYZ123,case,,J\xc3", "cut off in line 3", id="half-a-sign"),
        pytest.param(bytes(range(256)) * 20, "is no utf-8 text", id="binary"),
        pytest.param("plate,category\n".encode("utf-16-le") * 9, "is no utf-8 text", id="utf-16-without-mark"),
        pytest.param(b"PK\x03\x04 and more", "is a spreadsheet or ZIP archive", id="spreadsheet"),
        pytest.param(b"<?xml version='1.0'?>", "is XML", id="xml"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_one_clear_error(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(HotlistFileError) as error:
        read(tmp_path, content)
    assert said in str(error.value)
    assert "list.csv" in str(error.value)


def test_a_missing_file_is_told_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(HotlistFileError, match=r"gone\.csv cannot be read \(No such file or directory\)"):
        HotlistLoader(find_template("platewatch-csv"), "stolen").read(tmp_path / "gone.csv", NOW)


def test_a_file_of_another_format_is_given_up_early(tmp_path: Path) -> None:
    rows = "no plate at all;x;y\n" * (GIVE_UP_AFTER + 5_000)
    with pytest.raises(
        HotlistFileError, match=r"none of the first 1,000 rows .* fits template genetec-comma \(line 1: "
    ):
        read(tmp_path, rows, "genetec-comma")


def test_a_file_of_changes_gives_them_in_their_order(tmp_path: Path) -> None:
    rows = "ABC123,case,KY,add\nXYZ123,,,remove\nNEW123,case,OH,Change\nOTHER1,case,,\n"
    found = read(tmp_path, "plate,category,state,action\n" + rows, mode=LoadMode.DELTA)
    first, second, third, fourth = found.changes
    assert isinstance(first, HotlistEntry)
    assert second == Removal("XYZ123")
    assert third == Removal("NEW123", "US-OH")
    assert isinstance(fourth, HotlistEntry)
    assert (first.plate, fourth.plate) == ("ABC123", "NEW123")
    assert [row.reason for row in found.refused] == ["the action is missing; write one of add, remove, change"]


def test_a_file_of_changes_may_be_without_any(tmp_path: Path) -> None:
    assert read(tmp_path, "plate,category,action\n", mode=LoadMode.DELTA).changes == ()


def test_removals_need_no_more_than_a_plate(tmp_path: Path) -> None:
    found = read(tmp_path, "plate,category\nABC123,\nXYZ123,case\n", mode=LoadMode.REMOVALS, category=Category.AMBER)
    assert found.changes == (Removal("ABC123"), Removal("XYZ123", category=Category.CASE))


def test_a_full_file_has_no_removals(tmp_path: Path) -> None:
    found = read(tmp_path, "plate,category,action\nABC123,case,add\nXYZ123,case,remove\n")
    assert plates(found) == ["ABC123"]
    assert found.refused[0].reason == "its action is remove; load a file of changes with --delta"


def test_a_format_without_actions_has_no_changes(tmp_path: Path) -> None:
    with pytest.raises(HotlistFileError, match="no column with the action of a row"):
        read(tmp_path, "MKE,LIC,LIS\nEV,ABC123,KY\n", "ncic-codes", mode=LoadMode.DELTA)


@pytest.mark.parametrize(
    ("trailer", "said"),
    [
        pytest.param("", "its last line, TRL…, is missing", id="missing"),
        pytest.param("TRL;0003\n", "has 2 rows, but its last line tells 3", id="rows-lost"),
        pytest.param("TRL\n", "tells no number of rows", id="no-number"),
    ],
)
def test_a_last_line_that_tells_the_number_of_rows_shows_what_was_cut_off(
    tmp_path: Path, trailer: str, said: str
) -> None:
    template = counted_template()
    assert plates(read(tmp_path, "ABC123;a\nXYZ123;b\nTRL;0002\n", template)) == ["ABC123", "XYZ123"]
    with pytest.raises(HotlistFileError, match=said):
        read(tmp_path, "ABC123;a\nXYZ123;b\n" + trailer, template)


def test_a_last_line_needs_no_line_break(tmp_path: Path) -> None:
    assert plates(read(tmp_path, "ABC123;a;b\nXYZ123\nTRL 2", counted_template())) == ["ABC123", "XYZ123"]


def counted_template() -> HotlistTemplate:
    return HotlistTemplate.model_validate(
        {
            "name": "counted",
            "title": "with a last line",
            "layout": {"kind": "delimited", "separator": ";", "header": False},
            "columns": [{"field": "plate", "position": 1, "required": True}],
            "defaults": {"category": "case"},
            "trailer": {"marker": "TRL"},
        }
    )
