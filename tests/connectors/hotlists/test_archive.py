"""The last good content of each list: whole or absent, one generation back, private."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.hotlists.archive import HotlistArchive, ListManifest
from connectors.hotlists.errors import HotlistArchiveError
from streams.records import HotlistEntry, VehicleDescription
from tests.builders import build_entry, moment


def manifest(entries: int, at_s: float = 0.0, hotlist: str = "stolen") -> ListManifest:
    return ListManifest(
        hotlist=hotlist,
        entries=entries,
        template="platewatch-csv",
        source="stolen.csv",
        sha256="0" * 64,
        file_time=moment(at_s - 60),
        as_of=moment(at_s - 60),
        fresh_for_h=24.0,
        loaded_at=moment(at_s),
    )


def keep(archive: HotlistArchive, *entries: HotlistEntry, at_s: float = 0.0) -> None:
    archive.keep(manifest(len(entries), at_s), entries)


@pytest.fixture
def archive(tmp_path: Path) -> HotlistArchive:
    return HotlistArchive(tmp_path / "hotlists")


def test_a_list_comes_back_as_it_was_kept(archive: HotlistArchive) -> None:
    entries = (
        build_entry("ABC123", state="US-KY", vehicle=VehicleDescription(make="FORD"), valid_until=moment(60)),
        build_entry("A?C*", instructions='he said "no"\nand left'),
    )
    keep(archive, *entries)
    found = archive.last_good("stolen")
    assert found is not None
    assert (found.manifest, found.entries) == (manifest(2), entries)
    assert archive.manifest("stolen") == manifest(2)
    assert archive.names() == ("stolen",)


def test_a_list_that_was_never_loaded_is_none(archive: HotlistArchive) -> None:
    assert archive.last_good("stolen") is None
    assert archive.manifest("stolen") is None
    assert archive.names() == ()


def test_entries_that_are_over_are_left_out_of_what_is_valid(archive: HotlistArchive) -> None:
    keep(archive, build_entry("ABC123", valid_until=moment(60)), build_entry("XYZ987"))
    found = archive.last_good("stolen")
    assert found is not None
    assert [one.plate for one in found.valid_at(moment(60))] == ["XYZ987"]
    assert len(found.valid_at(moment(59))) == 2


def test_the_one_before_is_kept_and_no_more(archive: HotlistArchive, tmp_path: Path) -> None:
    for at_s, plate in enumerate(["AAA111", "BBB222", "CCC333"]):
        keep(archive, build_entry(plate), at_s=at_s)
    files = {path.name for path in (tmp_path / "hotlists" / "stolen").iterdir()}
    assert files == {"current.jsonl", "previous.jsonl"}
    damage(tmp_path / "hotlists/stolen/current.jsonl")
    found = archive.last_good("stolen")
    assert found is not None
    assert [one.plate for one in found.entries] == ["BBB222"]


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.9], ids=["nothing-left", "cut-in-an-entry", "cut-in-the-seal"])
def test_a_file_that_was_cut_off_is_never_taken_for_a_short_list(
    archive: HotlistArchive, tmp_path: Path, kept: float
) -> None:
    keep(archive, build_entry("ABC123"), build_entry("XYZ987"))
    path = tmp_path / "hotlists/stolen/current.jsonl"
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(HotlistArchiveError, match=r"current\.jsonl is damaged; remove it and load the list"):
        archive.last_good("stolen")


def test_an_entry_that_was_altered_is_noticed(archive: HotlistArchive, tmp_path: Path) -> None:
    keep(archive, build_entry("ABC123"))
    path = tmp_path / "hotlists/stolen/current.jsonl"
    path.write_bytes(path.read_bytes().replace(b"ABC123", b"ABC124", 1))
    with pytest.raises(HotlistArchiveError, match="damaged"):
        archive.last_good("stolen")


class Failing(tuple[HotlistEntry, ...]):
    """Entries whose reading breaks off half-way."""

    __slots__ = ()

    def __iter__(self) -> Iterator[HotlistEntry]:
        yield self[0]
        raise OSError(28, "No space left on device")


def test_a_load_that_cannot_be_written_leaves_the_last_good_one(archive: HotlistArchive, tmp_path: Path) -> None:
    keep(archive, build_entry("ABC123"))
    with pytest.raises(HotlistArchiveError, match="No space left on device"):
        archive.keep(manifest(1), Failing((build_entry("XYZ987"),)))
    found = archive.last_good("stolen")
    assert found is not None
    assert [one.plate for one in found.entries] == ["ABC123"]
    assert [path.name for path in (tmp_path / "hotlists/stolen").iterdir()] == ["current.jsonl"]


def test_only_their_owner_may_read_the_lists(archive: HotlistArchive, tmp_path: Path) -> None:
    keep(archive, build_entry("ABC123"))
    folder = tmp_path / "hotlists/stolen"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "current.jsonl").stat().st_mode) == 0o600


def test_two_loads_of_one_list_exclude_each_other_and_of_two_lists_do_not(archive: HotlistArchive) -> None:
    refused = pytest.raises(HotlistArchiveError, match="stolen is being loaded by another process")
    with archive.exclusive("stolen"), archive.exclusive("wanted"), refused, archive.exclusive("stolen"):
        pass
    with archive.exclusive("stolen"):
        pass


@pytest.mark.parametrize("name", ["", "..", "../stolen", "a/b", ".hidden", "a" * 65])
def test_a_name_that_is_no_folder_s_is_refused(archive: HotlistArchive, name: str) -> None:
    with pytest.raises(HotlistArchiveError, match="is no name for a hot list"):
        archive.folder_of(name)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(HotlistArchiveError, match=r"cannot be used at .*file"):
        HotlistArchive(tmp_path / "file").folder_of("stolen")


def damage(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])
