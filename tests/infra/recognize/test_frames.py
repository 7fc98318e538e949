from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from connectors.decoder_noise import silence_decoders
from infra.recognize.frames import Picture, Unread, VideoFrame, count_pictures, pictures_of
from infra.recognize.inputs import PictureFile, VideoFile, list_inputs


def write_clip(path: Path, frames: int = 3) -> Path:
    silence_decoders()  # FFmpeg asks how much it may say when it is first used, by whichever test that is
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 10.0, (160, 120))
    for index in range(frames):
        writer.write(np.full((120, 160, 3), 40 * index, np.uint8))
    writer.release()
    return path


def names(pictures: list[Picture | Unread]) -> list[str]:
    return [picture.source for picture in pictures]


def test_every_frame_of_a_video_is_a_picture_named_by_its_number(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4")
    pictures = list(pictures_of([VideoFile("clips/clip.mp4", clip, "clip.mp4")]))
    assert names(pictures) == ["clips/clip.mp4#0", "clips/clip.mp4#1", "clips/clip.mp4#2"]
    frames = [picture for picture in pictures if isinstance(picture, VideoFrame)]
    assert [frame.name for frame in frames] == [f"clip.mp4-00000{index}.jpg" for index in range(3)]
    assert [round(float(frame.image.mean()) / 40) for frame in frames] == [0, 1, 2]
    assert all(frame.decode_ms > 0 for frame in frames)


def test_picture_files_are_not_opened_before_their_turn(tmp_path: Path) -> None:
    picture = PictureFile("gone.jpg", tmp_path / "gone.jpg", "gone.jpg")
    assert list(pictures_of([picture])) == [picture]


def test_what_is_no_video_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no video\n" * 100)
    clip = write_clip(tmp_path / "clip.mp4", 1)
    told, frame = pictures_of(list_inputs([str(tmp_path / "notes.txt"), str(clip)]))
    assert isinstance(told, Unread)
    assert "is no video that can be read" in told.reason
    assert frame.source == f"{clip}#0"


def test_a_video_that_breaks_off_gives_what_it_has_and_then_says_so(tmp_path: Path) -> None:
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (160, 120))
    for index in range(40):
        writer.write(np.random.default_rng(index).integers(0, 256, (120, 160, 3), dtype=np.uint8))
    writer.release()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    *frames, last = pictures_of(list_inputs([str(path)]))
    assert 10 < len(frames) < 30
    assert isinstance(last, Unread)
    assert "breaks off after" in last.reason


@pytest.mark.parametrize(
    ("files", "count"),
    [
        pytest.param(["a.jpg"], 1, id="a-picture"),
        pytest.param(["a.jpg", "clip.mp4"], 4, id="a-picture-and-three-frames"),
        pytest.param(["notes.txt"], 1, id="what-is-no-video-is-one-line"),
    ],
)
def test_pictures_are_counted_before_they_are_read(files: list[str], count: int, tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4")
    (tmp_path / "a.jpg").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("no video\n" * 100)
    assert count_pictures(list_inputs([str(tmp_path / name) for name in files])) == count
