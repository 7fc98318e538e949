"""From a list's file to what is to go live: guarded, and never at the cost of what is live."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.hotlists.archive import HotlistArchive
from connectors.hotlists.errors import (
    HotlistArchiveError,
    HotlistFileError,
    HotlistStoppedError,
    HotlistTemplateError,
)
from connectors.hotlists.guard import Suspicion
from connectors.hotlists.hotlist_file import LoadMode
from connectors.hotlists.load import ListLoad, ListSource, list_source, load_list, parse_category, reload_last_good
from connectors.hotlists.template_catalogue import find_template
from infra.settings.hotlists import HotlistFileSettings, HotlistGuardSettings
from streams.records import Category
from tests.builders import moment

LIMITS = HotlistGuardSettings()


@pytest.fixture
def archive(tmp_path: Path) -> HotlistArchive:
    return HotlistArchive(tmp_path / "hotlists")


def source(tmp_path: Path, content: str, mode: LoadMode = LoadMode.FULL) -> ListSource:
    path = tmp_path / "stolen.csv"
    path.write_text(content, encoding="utf-8")
    os.utime(path, (moment(-60).timestamp(),) * 2)
    return ListSource("stolen", path, find_template("platewatch-csv"), mode=mode)


def rows(*plates: str, action: str = "") -> str:
    return "plate,category,action\n" + "".join(f"{plate},case,{action}\n" for plate in plates)


def load_and_keep(tmp_path: Path, archive: HotlistArchive, content: str, mode: LoadMode = LoadMode.FULL) -> ListLoad:
    load = load_list(source(tmp_path, content, mode), archive, LIMITS, now=moment())
    archive.keep(load.manifest, load.entries)
    return load


def live(archive: HotlistArchive) -> list[str]:
    return [entry.plate for entry in reload_last_good("stolen", archive, moment()).entries]


def test_a_load_tells_where_it_came_from_and_how_old_it_is(tmp_path: Path, archive: HotlistArchive) -> None:
    load = load_list(source(tmp_path, rows("ABC123")), archive, LIMITS, now=moment())
    manifest = load.manifest
    assert (manifest.source, manifest.template, manifest.entries) == ("stolen.csv", "platewatch-csv", 1)
    assert (manifest.file_time, manifest.as_of, manifest.loaded_at) == (moment(-60), moment(-60), moment())
    by_hand = load_list(source(tmp_path, rows("ABC123")), archive, LIMITS, now=moment(), as_of=moment())
    assert by_hand.manifest.as_of == moment()
    assert by_hand.manifest.file_time == moment(-60)


def test_a_file_from_the_future_is_as_old_as_now(tmp_path: Path, archive: HotlistArchive) -> None:
    one = source(tmp_path, rows("ABC123"))
    load = load_list(one, archive, LIMITS, now=moment(-3600))
    assert load.manifest.as_of == moment(-3600)


@pytest.mark.policy("KY-I.4")
def test_the_newest_file_takes_the_place_of_the_one_before(tmp_path: Path, archive: HotlistArchive) -> None:
    load_and_keep(tmp_path, archive, rows("AAA111", "BBB222"))
    load_and_keep(tmp_path, archive, rows("BBB222", "CCC333"))
    assert live(archive) == ["BBB222", "CCC333"]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        pytest.param("", HotlistFileError, id="empty"),
        pytest.param("MKE,LIC,LIS\nEV,ABC123,KY\n", HotlistFileError, id="wrong-template"),
        pytest.param(rows(), HotlistFileError, id="zero-rows"),
        pytest.param(rows("AAA111", "BBB222") + "CC", HotlistFileError, id="cut-off"),
        pytest.param(rows("AAA111"), HotlistStoppedError, id="shrinks"),
        pytest.param(rows("AAA111", "BBB222", "C", "DDD444"), HotlistStoppedError, id="refused-rows"),
    ],
)
def test_what_cannot_be_loaded_leaves_the_live_list_as_it_was(
    tmp_path: Path, archive: HotlistArchive, content: str, error: type[Exception]
) -> None:
    load_and_keep(tmp_path, archive, rows("AAA111", "BBB222"))
    with pytest.raises(error):
        load_and_keep(tmp_path, archive, content)
    assert live(archive) == ["AAA111", "BBB222"]


def test_a_person_may_accept_what_was_stopped(tmp_path: Path, archive: HotlistArchive) -> None:
    load_and_keep(tmp_path, archive, rows("AAA111", "BBB222"))
    load = load_list(
        source(tmp_path, rows("AAA111", "B")),
        archive,
        LIMITS,
        now=moment(),
        accepted={Suspicion.SHRINK: "amnesty", Suspicion.REFUSED: "known fault"},
    )
    assert [one.suspicion for one in load.accepted] == [Suspicion.REFUSED, Suspicion.SHRINK]
    assert [one.plate for one in load.entries] == ["AAA111"]


def test_refused_rows_are_reported_though_the_load_is_stopped(tmp_path: Path, archive: HotlistArchive) -> None:
    with pytest.raises(HotlistStoppedError, match=r"refused-20261122T120000Z\.csv"):
        load_list(source(tmp_path, rows("AAA111", "B-1!,secret")), archive, LIMITS, now=moment())
    report = tmp_path / "hotlists/stolen/refused-20261122T120000Z.csv"
    assert report.read_text(encoding="utf-8").splitlines() == [
        "line,plate,reason",
        "3,B1,it has 4 cells where 3 belong; a separator in a text needs quotes around it",
    ]


def test_reports_do_not_pile_up(tmp_path: Path, archive: HotlistArchive) -> None:
    one = source(tmp_path, rows("AAA111", "B"))
    for hour in range(12):
        with pytest.raises(HotlistStoppedError):
            load_list(one, archive, LIMITS, now=moment() + timedelta(hours=hour))
    reports = sorted(path.name for path in (tmp_path / "hotlists/stolen").glob("refused-*.csv"))
    assert len(reports) == 10
    assert reports[-1] == "refused-20261122T230000Z.csv"


def test_changes_are_applied_to_what_is_live(tmp_path: Path, archive: HotlistArchive) -> None:
    load_and_keep(tmp_path, archive, rows("AAA111", "BBB222", "CCC333", "DDD444", "EEE555"))
    content = rows("NEW111", action="add") + "AAA111,,remove\nGONE11,,remove\n"
    load = load_and_keep(tmp_path, archive, content, LoadMode.DELTA)
    assert (load.removed, load.unmatched) == (1, 1)
    assert live(archive) == ["BBB222", "CCC333", "DDD444", "EEE555", "NEW111"]


def test_additions_and_removals_may_come_in_files_of_their_own(tmp_path: Path, archive: HotlistArchive) -> None:
    load_and_keep(tmp_path, archive, rows("AAA111", "BBB222", "CCC333", "DDD444", "EEE555"))
    load_and_keep(tmp_path, archive, rows("NEW111"), LoadMode.ADDITIONS)
    load_and_keep(tmp_path, archive, rows("AAA111"), LoadMode.REMOVALS)
    assert live(archive) == ["BBB222", "CCC333", "DDD444", "EEE555", "NEW111"]


def test_removals_that_would_empty_the_list_are_stopped(tmp_path: Path, archive: HotlistArchive) -> None:
    load_and_keep(tmp_path, archive, rows("AAA111", "BBB222"))
    with pytest.raises(HotlistStoppedError, match="from 2 to 0 entries"):
        load_and_keep(tmp_path, archive, rows("AAA111", "BBB222"), LoadMode.REMOVALS)


def test_changes_to_a_list_that_was_never_loaded_are_refused(tmp_path: Path, archive: HotlistArchive) -> None:
    with pytest.raises(HotlistFileError, match="load its whole file first"):
        load_list(source(tmp_path, rows("AAA111"), LoadMode.ADDITIONS), archive, LIMITS, now=moment())


def test_a_list_that_was_never_loaded_cannot_be_reloaded(archive: HotlistArchive) -> None:
    with pytest.raises(HotlistArchiveError, match="was never loaded here"):
        reload_last_good("stolen", archive, moment())


def test_the_settings_describe_a_source(tmp_path: Path) -> None:
    settings = HotlistFileSettings(
        name="ncic", file=tmp_path / "ncic.csv", template="ncic-codes", category="case", fresh_for_h=12
    )
    found = list_source(settings)
    assert (found.hotlist, found.template.name, found.category) == ("ncic", "ncic-codes", Category.CASE)
    assert found.fresh_for_h == 12


def test_a_category_that_there_is_not_is_told_with_those_that_there_are() -> None:
    assert parse_category("") is None
    assert parse_category(" Stolen-Vehicle ") is Category.STOLEN_VEHICLE
    with pytest.raises(HotlistTemplateError, match="category 'theft' is unknown; known are: amber"):
        parse_category("theft")
