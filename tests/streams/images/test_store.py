from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.images.key import ImageKey, ImageKind, day_of
from streams.images.store import DirectoryImageStore, ImageStoreError
from tests.builders import moment

DAY = date(2026, 11, 25)
PLATE = ImageKey(DAY, "3f9c2a", ImageKind.PLATE)
SCENE = ImageKey(DAY, "3f9c2a", ImageKind.SCENE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "images"


@pytest.fixture
def store(folder: Path) -> DirectoryImageStore:
    return DirectoryImageStore(folder)


@pytest.fixture
def unwritable(folder: Path) -> Path:
    """A file stands where the store's folder should be, so that nobody, root included, writes into it."""
    folder.parent.mkdir(parents=True)
    folder.write_bytes(b"")
    return folder


def test_a_picture_comes_back_as_it_was_and_plate_and_scene_are_two(store: DirectoryImageStore) -> None:
    store.put(PLATE, b"plate")
    store.put(SCENE, b"scene")
    assert (store.get(PLATE), store.get(SCENE)) == (b"plate", b"scene")


def test_a_picture_that_was_never_put_is_none(store: DirectoryImageStore) -> None:
    assert store.get(PLATE) is None
    store.put(SCENE, b"scene")
    assert store.get(PLATE) is None


def test_a_picture_lies_in_the_folder_of_its_day_and_is_readable_by_its_owner_alone(
    store: DirectoryImageStore, folder: Path
) -> None:
    store.put(PLATE, b"plate")
    path = folder / "2026-11-25" / "3f" / "3f9c2a.plate.jpg"
    assert path.read_bytes() == b"plate"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {stat.S_IMODE(one.stat().st_mode) for one in (folder, path.parent, path.parent.parent)} == {0o700}


def test_a_later_picture_takes_the_place_of_an_earlier_one_and_leaves_nothing_beside_it(
    store: DirectoryImageStore, folder: Path
) -> None:
    for data in (b"far", b"near", b"near"):
        store.put(PLATE, data)
    assert store.get(PLATE) == b"near"
    assert [path.name for path in folder.rglob("*") if path.is_file()] == ["3f9c2a.plate.jpg"]


def test_several_threads_may_write_the_same_picture_at_once(store: DirectoryImageStore, folder: Path) -> None:
    pictures = [bytes([number]) * 50_000 for number in range(16)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda data: store.put(PLATE, data), pictures))
    assert store.get(PLATE) in pictures
    assert len([path for path in folder.rglob("*") if path.is_file()]) == 1


def test_the_days_are_those_that_have_a_folder(store: DirectoryImageStore, folder: Path) -> None:
    assert store.days() == []
    for day in (date(2026, 11, 25), date(2026, 11, 3)):
        store.put(ImageKey(day, "3f9c2a", ImageKind.PLATE), b"")
    for name in ("20261126", "lost+found", "2026-13-01"):
        (folder / name).mkdir()
    (folder / "2026-11-27").write_bytes(b"no folder")
    assert store.days() == [date(2026, 11, 3), date(2026, 11, 25)]


@pytest.mark.policy("KY-N.3")
def test_a_deleted_day_is_gone_with_all_that_was_unfinished_and_the_others_stay(
    store: DirectoryImageStore, folder: Path
) -> None:
    other = ImageKey(date(2026, 11, 26), "3f9c2a", ImageKind.PLATE)
    for key in (PLATE, SCENE, other):
        store.put(key, b"picture")
    (folder / "2026-11-25" / "3f" / ".3f9c2a.plate.jpg.17-0").write_bytes(b"half a pic")
    store.delete_day(DAY)
    assert store.days() == [other.day]
    assert store.get(PLATE) is None
    assert not (folder / "2026-11-25").exists()
    assert store.get(other) == b"picture"


def test_a_day_may_be_deleted_twice_and_by_several_at_once(store: DirectoryImageStore) -> None:
    for number in range(300):
        store.put(ImageKey(DAY, f"{number:06}", ImageKind.PLATE), b"picture")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: store.delete_day(DAY), range(4)))
    store.delete_day(DAY)
    assert store.days() == []


def test_a_store_that_cannot_be_written_says_where_and_what_to_look_at(unwritable: Path) -> None:
    with pytest.raises(ImageStoreError, match=r"cannot be written .*images\.dir") as raised:
        DirectoryImageStore(unwritable).put(PLATE, b"plate")
    assert "\n" not in str(raised.value)


def test_what_cannot_be_read_is_told_apart_from_what_is_not_there(store: DirectoryImageStore, folder: Path) -> None:
    (folder / "2026-11-25" / "3f" / "3f9c2a.plate.jpg").mkdir(parents=True)
    with pytest.raises(ImageStoreError, match="cannot be read"):
        store.get(PLATE)


def test_a_place_that_is_no_folder_has_no_days_to_tell(unwritable: Path) -> None:
    with pytest.raises(ImageStoreError, match="cannot be read"):
        DirectoryImageStore(unwritable).days()


@pytest.mark.parametrize(
    "detection",
    [
        pytest.param("../../etc/passwd", id="upwards"),
        pytest.param("..", id="parent"),
        pytest.param("a/b", id="slash"),
        pytest.param(".hidden", id="hidden"),
        pytest.param("a", id="too-short-for-its-folder"),
        pytest.param("", id="empty"),
        pytest.param("ab\n", id="line-feed"),
        pytest.param("a" * 201, id="too-long"),
        pytest.param("ab\0", id="nul"),
    ],
)
def test_an_id_that_could_lead_elsewhere_is_no_key(detection: str) -> None:
    with pytest.raises(ValueError, match="no id that a picture can be filed under"):
        ImageKey(DAY, detection, ImageKind.PLATE)


@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{1,40}", fullmatch=True))
def test_every_id_that_is_a_key_stays_inside_of_its_day(detection: str) -> None:
    day = Path("/images") / "2026-11-25"
    path = day / detection[:2] / f"{detection}.plate.jpg"
    assert ImageKey(DAY, detection, ImageKind.PLATE).detection == detection
    assert path.resolve().is_relative_to(day)


def test_the_day_is_that_of_the_capture_in_utc() -> None:
    assert day_of(moment()) == date(2026, 11, 22)
