from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from connectors.jpeg import BgrImage
from infra.recognize.errors import RecognizeError
from infra.recognize.frames import Unread, VideoFrame
from infra.recognize.inputs import PictureFile
from infra.recognize.plates import PictureReads, View
from infra.recognize.reading import PictureReader, in_order
from infra.settings.pipeline import RecognitionSettings
from recognizers.plate import Candidate, DetectedPlate, GrayImage, PlateRead, Quad
from recognizers.recognizer import Recognizer, RecognizerSettings

LEFT_HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
VIEW = View(RecognizerSettings(), grammar=None, recognition=RecognitionSettings())
IMAGE = np.full((100, 200, 3), 90, np.uint8)


class OnePlate:
    """Finds and reads the same plate everywhere, taking 5 ms."""

    def detect(self, image: GrayImage) -> list[DetectedPlate]:
        time.sleep(0.005)
        return [DetectedPlate(np.array([[120, 40], [180, 40], [180, 60], [120, 60]], np.float32), 0.9)]

    def read(self, image: GrayImage, quad: Quad) -> PlateRead:
        return PlateRead("ABC123", 0.9, (), (Candidate("ABC123", 0.9),))


def reader(*, view: View = VIEW, marked_dir: Path | None = None) -> PictureReader:
    return PictureReader([Recognizer(OnePlate(), OnePlate(), RecognizerSettings())], view, marked_dir)


def picture(folder: Path, name: str = "a.jpg", data: bytes | None = None) -> PictureFile:
    path = folder / name
    path.write_bytes(cv2.imencode(path.suffix, IMAGE)[1].tobytes() if data is None else data)
    return PictureFile(f"given/{name}", path, name)


def frame(image: BgrImage = IMAGE) -> VideoFrame:
    return VideoFrame("clip.mp4#7", "clip.mp4-000007.jpg", image, 1000.0)


def saved(path: Path) -> BgrImage:
    image = cv2.imread(str(path))
    assert image is not None
    return image.astype(np.uint8, copy=False)


def test_a_picture_gives_its_plates_and_the_time_that_it_took(tmp_path: Path) -> None:
    reads = reader().read(picture(tmp_path))
    assert isinstance(reads, PictureReads)
    assert reads.source == "given/a.jpg"
    assert [plate.plate for plate in reads.plates] == ["ABC123"]
    assert reads.ms >= 5


def test_the_time_of_a_frame_includes_its_decoding() -> None:
    reads = reader().read(frame())
    assert isinstance(reads, PictureReads)
    assert reads.source == "clip.mp4#7"
    assert reads.ms >= 1005


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(b"", "given/a.jpg: the picture is empty", id="empty"),
        pytest.param(b"hello, world", "given/a.jpg: the 12 bytes are no JPEG", id="text"),
        pytest.param(cv2.imencode(".jpg", IMAGE)[1].tobytes()[:-30], "given/a.jpg: the picture is cut off", id="torn"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_reason(data: bytes, said: str, tmp_path: Path) -> None:
    outcome = reader(marked_dir=tmp_path).read(picture(tmp_path, data=data))
    assert isinstance(outcome, Unread)
    assert outcome.reason.startswith(said)
    assert "\n" not in outcome.reason


def test_a_file_that_is_gone_by_its_turn_is_named(tmp_path: Path) -> None:
    outcome = reader().read(PictureFile("gone.jpg", tmp_path / "gone.jpg", "gone.jpg"))
    assert isinstance(outcome, Unread)
    assert "gone.jpg cannot be read" in outcome.reason


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.bmp", "a.webp", "a.JPG"])
def test_a_marked_picture_has_the_name_and_size_of_the_original(name: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    one = picture(tmp_path, name)
    reader(marked_dir=out).read(one)
    image = saved(out / name)
    assert image.shape == IMAGE.shape
    assert image[40, 150].max() > 150, "the outline"
    assert saved(one.path).max() < 110, "the original is left alone"


def test_a_marked_frame_is_masked_and_shows_the_region(tmp_path: Path) -> None:
    view = replace(VIEW, privacy_masks=(LEFT_HALF,), region_of_interest=(((0, 0), (1, 0), (1, 0.5)),))
    outcome = reader(view=view, marked_dir=tmp_path).read(frame())
    assert isinstance(outcome, PictureReads)
    image = saved(tmp_path / "clip.mp4-000007.jpg")
    assert image[60:, :90].max() < 20
    assert image[0, 150].max() > 150


def test_a_folder_that_takes_no_picture_ends_the_run_with_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(RecognizeError, match=r"cannot be written .* with --annotate"):
        reader(marked_dir=tmp_path / "gone").read(frame())


@pytest.mark.parametrize("threads", [1, 3])
def test_results_come_in_the_order_of_the_items_whichever_is_done_first(threads: int) -> None:
    def work(item: int) -> int:
        time.sleep(0.003 * (item % 3))
        return item

    assert list(in_order(work, range(20), threads)) == list(range(20))


@pytest.mark.parametrize("threads", [1, 3])
def test_items_are_taken_no_faster_than_results_are(threads: int) -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for item in range(1000):
            taken.append(item)
            yield item

    results = in_order(lambda item: item, items(), threads)
    for done in range(20):
        assert next(results) == done
        assert len(taken) <= done + 1 + threads
    results.close()


def test_no_more_work_at_once_than_there_are_threads() -> None:
    at_work, most = set[int](), 0
    lock = threading.Lock()

    def work(item: int) -> None:
        nonlocal most
        with lock:
            at_work.add(item)
            most = max(most, len(at_work))
        time.sleep(0.002)
        with lock:
            at_work.remove(item)

    list(in_order(work, range(12), 3))
    assert 1 < most <= 3


def test_a_fault_of_the_work_reaches_the_caller_and_no_thread_is_left() -> None:
    def work(item: int) -> int:
        if item == 3:
            raise RecognizeError("the disk is full; make room")
        return item

    with pytest.raises(RecognizeError, match="make room"):
        list(in_order(work, range(100), 2))
