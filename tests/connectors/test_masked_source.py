from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from connectors.conformance import LIVE_LAWS, RECORDING_LAWS, SourceLaw, play
from connectors.jpeg import BgrImage
from connectors.masked_source import MaskedSource
from connectors.recording_time import Pace
from connectors.run_cameras import build_camera_source, probe_source
from connectors.scripted_source import Drop, ScriptedSource, ScriptItem
from connectors.source import CapturedFrame, SourcePosition, UnreadablePictureError
from infra.settings.pipeline import CameraSettings

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
LEFT_HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))

Jpeg = Callable[[int], bytes]


def camera(source: Path) -> CameraSettings:
    return CameraSettings(name="gate", source=str(source), picture_times="order", privacy_masks=(LEFT_HALF,))


def masked(script: list[ScriptItem], *, live: bool = False, resume_after: SourcePosition | None = None) -> MaskedSource:
    return MaskedSource(ScriptedSource(script, live=live, resume_after=resume_after), (LEFT_HALF,), name="gate")


def frame(jpeg: bytes) -> CapturedFrame:
    return CapturedFrame(START, jpeg, 160, 120)


def decoded(jpeg: bytes) -> BgrImage:
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return image.astype(np.uint8, copy=False)


def assert_left_half_is_black(jpeg: bytes) -> None:
    image = decoded(jpeg)
    middle = image.shape[1] // 2
    assert image[:, : middle - 8].max() < 16, "within what JPEG blurs at the mask's edge"
    assert image[:, middle + 8 :].max() > 30


@pytest.mark.parametrize("law", RECORDING_LAWS)
async def test_a_masked_recording_obeys_the_contract(law: SourceLaw, jpeg: Jpeg) -> None:
    script: list[ScriptItem] = [frame(jpeg(level)) for level in range(0, 240, 40)]
    await law(lambda resume_after: masked(script, resume_after=resume_after))


@pytest.mark.parametrize("law", LIVE_LAWS)
async def test_a_masked_stream_obeys_the_contract(law: SourceLaw, jpeg: Jpeg) -> None:
    await law(lambda _: masked([frame(jpeg(1))], live=True))


@pytest.mark.parametrize("kind", ["folder", "picture", "video"])
async def test_every_kind_of_source_is_masked(kind: str, folder: Path, video: Callable[..., Path]) -> None:
    source = {"folder": folder, "picture": folder / "frame6.jpg", "video": video(frames=3)}[kind]
    frames = await play(build_camera_source(camera(source), Pace.FLAT_OUT))
    assert frames
    for one in frames:
        assert_left_half_is_black(one.jpeg)


async def test_the_picture_of_a_probe_is_masked(folder: Path) -> None:
    assert_left_half_is_black((await probe_source(camera(folder))).jpeg)


async def test_a_camera_without_masks_gives_its_jpeg_untouched(folder: Path) -> None:
    plain = CameraSettings(name="gate", source=str(folder / "frame6.jpg"))
    assert (await probe_source(plain)).jpeg == (folder / "frame6.jpg").read_bytes()


async def test_nothing_of_the_old_file_is_kept_such_as_its_preview() -> None:
    exif = Image.Exif()
    exif[0x010E] = "a preview of the whole picture"
    picture = io.BytesIO()
    Image.fromarray(np.full((120, 160, 3), 200, np.uint8)).save(picture, "JPEG", exif=exif)
    (given,) = await play(masked([frame(picture.getvalue())]))
    assert b"preview" in picture.getvalue()
    assert b"preview" not in given.jpeg


async def test_a_picture_that_is_turned_by_its_metadata_is_masked_as_it_is_seen() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = io.BytesIO()
    Image.fromarray(np.full((120, 160, 3), 200, np.uint8)).save(picture, "JPEG", exif=exif)
    (given,) = await play(masked([frame(picture.getvalue())]))
    assert (given.width, given.height) == (120, 160)
    assert_left_half_is_black(given.jpeg)


@pytest.mark.parametrize("data", [b"no picture at all", b"\xff\xd8\xff"], ids=["not-a-picture", "cut-off"])
async def test_a_frame_that_cannot_be_decoded_is_unreadable_and_never_passed_on(data: bytes, jpeg: Jpeg) -> None:
    source = masked([frame(data), frame(jpeg(1))])
    await source.open()
    with pytest.raises(UnreadablePictureError, match="a frame of gate"):
        await source.next_frame()
    assert_left_half_is_black((await source.next_frame()).jpeg)
    await source.close()


async def test_a_frame_whose_masking_was_cancelled_is_given_by_the_next_call(jpeg: Jpeg) -> None:
    source = masked([frame(jpeg(level)) for level in (0, 90, 180)])
    await source.open()
    await source.next_frame()
    after_first = source.position()
    call = asyncio.ensure_future(source.next_frame())
    await asyncio.sleep(0)
    call.cancel()
    await asyncio.wait({call})
    assert call.cancelled()
    assert source.position() == after_first
    second = await source.next_frame()
    assert second.captured_at > START
    assert [item.jpeg for item in await play(source, opened=True)] == [
        item.jpeg for item in (await play(masked([frame(jpeg(180))])))
    ]


async def test_what_the_source_behind_the_masks_drops_is_counted(jpeg: Jpeg) -> None:
    source = masked([Drop(3), frame(jpeg(1))])
    await play(source)
    assert source.dropped == 3
