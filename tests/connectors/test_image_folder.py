from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from connectors.conformance import RECORDING_LAWS, SourceLaw, play
from connectors.image_folder import ImageFolderSource, natural_key
from connectors.recording_time import Pace, RecordingTime
from connectors.source import SourceEndedError, SourcePosition, SourceUnreadableError, UnreadablePictureError
from infra.settings.pipeline import PictureTimes

START = datetime(2026, 11, 22, 12, tzinfo=UTC)


def source(
    path: Path, *, resume_after: SourcePosition | None = None, times: PictureTimes = PictureTimes.METADATA
) -> ImageFolderSource:
    time = RecordingTime(pace=Pace.FLAT_OUT, start=START)
    return ImageFolderSource(path, time=time, interval_s=2.0, times=times, resume_after=resume_after)


@pytest.mark.parametrize("law", RECORDING_LAWS)
async def test_a_folder_obeys_the_contract(law: SourceLaw, folder: Path) -> None:
    await law(lambda resume_after: source(folder, resume_after=resume_after))


@pytest.mark.parametrize("law", RECORDING_LAWS)
async def test_a_folder_with_capture_times_obeys_the_contract(law: SourceLaw, tmp_path: Path) -> None:
    for index, second in enumerate((3, 3, 1, 2)):
        _save_taken(tmp_path / f"{index}.jpg", second, index)
    await law(lambda resume_after: source(tmp_path, resume_after=resume_after))


async def test_pictures_come_in_the_order_of_their_numbers_at_the_interval(
    folder: Path, jpeg: Callable[[int], bytes]
) -> None:
    frames = await play(source(folder))
    assert [frame.jpeg for frame in frames] == [jpeg(index * 30) for index in range(6)]
    assert [frame.captured_at for frame in frames] == [START + timedelta(seconds=2 * index) for index in range(6)]


def _save_taken(path: Path, second: int, level: int = 0) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = f"2026:11:22 10:00:{second:02}"
    Image.fromarray(np.full((8, 8, 3), level, np.uint8)).save(path, "JPEG", exif=exif)


async def test_pictures_that_all_say_when_they_were_taken_come_in_that_order(tmp_path: Path) -> None:
    for name, second in (("a", 30), ("b", 10), ("c", 20)):
        _save_taken(tmp_path / f"{name}.jpg", second)
    times = [frame.captured_at for frame in await play(source(tmp_path))]
    assert times == [datetime(2026, 11, 22, 10, 0, second, tzinfo=UTC) for second in (10, 20, 30)]
    by_name = [frame.captured_at for frame in await play(source(tmp_path, times=PictureTimes.ORDER))]
    assert by_name[0] == START


async def test_an_unreadable_picture_is_reported_and_passed_over(
    folder: Path, jpeg: Callable[[int], bytes], bomb: bytes
) -> None:
    (folder / "frame1.jpg").write_bytes(b"")
    (folder / "frame2.jpg").write_bytes(jpeg(1)[:400])
    (folder / "frame3.png").write_bytes(bomb)
    (folder / "frame4.jpg").write_bytes(b"no picture")
    pictures = source(folder)
    await pictures.open()
    reported: list[str] = []
    good = 0
    for _ in range(10):
        try:
            await pictures.next_frame()
            good += 1
        except UnreadablePictureError as error:
            reported.append(str(error))
    with pytest.raises(SourceEndedError):
        await pictures.next_frame()
    assert good == 6
    assert [reason.split("frame")[1][:1] for reason in reported] == ["1", "2", "3", "4"]


async def test_a_single_picture_is_a_folder_of_one(tmp_path: Path, image: Callable[[int], object]) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (30, 20)).save(buffer, "PNG")
    (tmp_path / "one.png").write_bytes(buffer.getvalue())
    frames = await play(source(tmp_path / "one.png"))
    assert [(frame.width, frame.height) for frame in frames] == [(30, 20)]


async def test_a_folder_that_gives_nothing_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "a.txt").write_text("x")
    for name, reason in (("empty", "no pictures"), ("text", "no pictures"), ("missing", "cannot be read")):
        with pytest.raises(SourceUnreadableError, match=reason):
            await source(tmp_path / name).open()


@given(st.lists(st.integers(0, 10**6), max_size=20))
def test_names_sort_by_their_numbers(numbers: list[int]) -> None:
    names = sorted((f"frame{number}.jpg" for number in numbers), key=natural_key)
    assert names == [f"frame{number}.jpg" for number in sorted(numbers)]


@given(st.lists(st.text("aB1²9 .", max_size=8), max_size=10))
def test_any_names_can_be_sorted(names: list[str]) -> None:
    sorted(names, key=natural_key)
