from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest

from infra.metrics import REGISTRY
from infra.settings.images import ImageSettings, Scene
from infra.settings.pipeline import RecognitionSettings
from recognizers.plate import Look
from streams.images.best_looks import BestLooks
from streams.images.keeper import PictureKeeper
from streams.images.key import ImageKey, ImageKind, day_of
from streams.images.store import DirectoryImageStore, ImageStore, ImageStoreError
from streams.passes import PassAssembler, Passes
from streams.records import Detection, Frame
from tests.builders import build_frame, build_look, build_tick, moment

ASSEMBLER = PassAssembler(RecognitionSettings(), "test 1")
LIMIT = timedelta(hours=720)


class Worker:
    """What the recognition worker does with a camera's frames, from the keeper's side."""

    def __init__(self, store: ImageStore, settings: ImageSettings, now: datetime) -> None:
        self.keeper = PictureKeeper(store, settings, LIMIT, looks=BestLooks(), now=lambda: now)
        self.passes = Passes()

    async def see(self, frame: Frame, *looks: Look) -> list[Detection]:
        result = ASSEMBLER.observe(self.passes, frame, looks)
        self.keeper.observe(result.passes, frame, looks)
        told = [await self.keeper.keep(detection) for detection in result.detections]
        self.keeper.forget({one.id for one in self.passes.open} - {one.id for one in result.passes.open})
        self.passes = result.passes
        return told


@pytest.fixture
def store(tmp_path: Path) -> DirectoryImageStore:
    return DirectoryImageStore(tmp_path / "images")


SETTINGS = ImageSettings()


@contextmanager
def working(store: ImageStore, settings: ImageSettings = SETTINGS, now: datetime | None = None) -> Iterator[Worker]:
    worker = Worker(store, settings, now or moment(60))
    with closing(worker.keeper):
        yield worker


def frame(at_s: float) -> Frame:
    """Each frame is of another grey, so that a picture tells which it is of."""
    image = np.full((360, 640, 3), round(40 + at_s * 100), np.uint8)
    return build_frame(at_s, jpeg=cv2.imencode(".jpg", image)[1].tobytes())


def filed(store: ImageStore, detection: Detection, kind: ImageKind = ImageKind.PLATE) -> bytes:
    data = store.get(ImageKey(day_of(detection.captured_at), detection.id, kind))
    assert data is not None
    return data


def seconds_shown(picture: bytes) -> float:
    gray = np.asarray(cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_GRAYSCALE))
    height, width = gray.shape
    return (float(gray[height // 2, width // 2]) - 40) / 100


def counted(result: str) -> float:
    return REGISTRY.get_sample_value("platewatch_images_total", {"result": result}) or 0.0


@pytest.mark.policy("KY-III.F/I")
async def test_what_is_told_has_the_pictures_of_its_best_look_and_what_proves_them(store: DirectoryImageStore) -> None:
    with working(store) as worker:
        assert await worker.see(frame(0.0), build_look(width=70.0)) == []
        (first,) = await worker.see(frame(0.1), build_look(width=60.0))
    assert first.image is not None
    assert (first.captured_at, first.image.day) == (moment(0.0), moment().date())
    plate, scene = filed(store, first), filed(store, first, ImageKind.SCENE)
    assert seconds_shown(plate) == pytest.approx(0.0, abs=0.03)
    assert seconds_shown(scene) == pytest.approx(0.0, abs=0.03)
    assert first.image.plate_sha256 == hashlib.sha256(plate).hexdigest()
    assert first.image.scene_sha256 == hashlib.sha256(scene).hexdigest()
    assert first.image.of_best_look


async def test_a_better_look_replaces_the_pictures_with_the_next_revision(store: DirectoryImageStore) -> None:
    with working(store) as worker:
        await worker.see(frame(0.0), build_look(width=60.0))
        (first,) = await worker.see(frame(0.1), build_look(width=70.0))
        assert seconds_shown(filed(store, first)) == pytest.approx(0.1, abs=0.03)
        await worker.see(frame(0.5), build_look(width=110.0))
        assert seconds_shown(filed(store, first)) == pytest.approx(0.1, abs=0.03)
        (final,) = await worker.see(build_tick(5.0))
    assert seconds_shown(filed(store, final)) == pytest.approx(0.5, abs=0.03)
    assert final.image is not None
    assert final.image != first.image
    assert final.image.plate_sha256 == hashlib.sha256(filed(store, final)).hexdigest()


async def test_without_a_better_look_nothing_is_written_again(store: DirectoryImageStore) -> None:
    with working(store) as worker:
        await worker.see(frame(0.0), build_look(width=90.0))
        (first,) = await worker.see(frame(0.1), build_look(width=70.0))
        store.put(ImageKey(moment().date(), first.id, ImageKind.PLATE), b"untouched")
        (final,) = await worker.see(build_tick(5.0))
    assert final.image == first.image
    assert filed(store, final) == b"untouched"


async def test_told_again_after_a_crash_a_pass_keeps_the_pictures_that_it_had(store: DirectoryImageStore) -> None:
    with working(store) as worker:
        await worker.see(frame(0.0), build_look(width=90.0))
        saved = msgspec.msgpack.encode(worker.passes)
        (first,) = await worker.see(frame(0.1), build_look(width=70.0))
    before = filed(store, first)
    with working(store) as restarted:
        restarted.passes = msgspec.msgpack.decode(saved, type=Passes)
        (again,) = await restarted.see(frame(0.1), build_look(width=70.0))
    assert again.id == first.id
    assert filed(store, again) == before
    assert first.image is not None
    assert again.image == msgspec.structs.replace(first.image, of_best_look=False)


async def test_where_a_restart_lost_the_best_look_another_one_is_shown_and_said_to_be_so(
    store: DirectoryImageStore,
) -> None:
    with working(store) as worker:
        await worker.see(frame(0.0), build_look(width=90.0))
        saved = msgspec.msgpack.encode(worker.passes)
    with working(store) as restarted:
        restarted.passes = msgspec.msgpack.decode(saved, type=Passes)
        (first,) = await restarted.see(frame(0.1), build_look(width=70.0))
    assert first.captured_at == moment(0.0)
    assert seconds_shown(filed(store, first)) == pytest.approx(0.1, abs=0.03)
    assert first.image is not None
    assert not first.image.of_best_look


async def test_where_nothing_is_held_and_nothing_is_filed_a_detection_has_no_picture(
    store: DirectoryImageStore,
) -> None:
    with working(store) as worker:
        await worker.see(frame(0.0), build_look(confidence=0.99))
        saved = msgspec.msgpack.encode(worker.passes)
    missing = counted("missing")
    with working(store) as restarted:
        restarted.passes = msgspec.msgpack.decode(saved, type=Passes)
        (final,) = await restarted.see(build_tick(5.0))
    assert final.image is None
    assert counted("missing") == missing + 1


class FullStore(DirectoryImageStore):
    """Its disk is full, for so many writes."""

    refusals = 10**6

    def put(self, key: ImageKey, data: bytes) -> None:
        if self.refusals:
            self.refusals -= 1
            msg = "no space left on device"
            raise ImageStoreError(msg)
        super().put(key, data)


async def test_a_store_that_is_full_stops_no_detection_and_is_counted(tmp_path: Path) -> None:
    store, failed = FullStore(tmp_path), counted("failed")
    with working(store) as worker:
        await worker.see(frame(0.0), build_look())
        (first,) = await worker.see(frame(0.1), build_look())
        (final,) = await worker.see(build_tick(5.0))
    assert [first.image, final.image] == [None, None]
    assert counted("failed") == failed + 2


async def test_once_there_is_room_again_the_next_revision_has_its_pictures(tmp_path: Path) -> None:
    store = FullStore(tmp_path)
    store.refusals = 1
    with working(store) as worker:
        await worker.see(frame(0.0), build_look())
        (first,) = await worker.see(frame(0.1), build_look())
        (final,) = await worker.see(build_tick(5.0))
    assert first.image is None
    assert final.image is not None
    assert final.image.of_best_look


@pytest.mark.policy("KY-N.3")
async def test_of_a_pass_that_is_older_than_the_limit_no_picture_is_kept(store: DirectoryImageStore) -> None:
    with working(store, now=moment() + LIMIT) as worker:
        await worker.see(frame(0.0), build_look())
        (first,) = await worker.see(frame(0.1), build_look())
    assert first.image is None
    assert store.days() == []


async def test_switched_off_nothing_is_held_or_kept(store: DirectoryImageStore) -> None:
    with working(store, ImageSettings(enabled=False)) as worker:
        await worker.see(frame(0.0), build_look())
        (first,) = await worker.see(frame(0.1), build_look())
    assert first.image is None
    assert store.days() == []


async def test_without_a_scene_the_plate_alone_is_kept(store: DirectoryImageStore) -> None:
    with working(store, ImageSettings(scene=Scene.NONE)) as worker:
        await worker.see(frame(0.0), build_look())
        (first,) = await worker.see(frame(0.1), build_look())
    assert first.image is not None
    assert first.image.scene_sha256 is None
    assert store.get(ImageKey(moment().date(), first.id, ImageKind.SCENE)) is None


async def test_a_full_scene_is_the_cameras_own_bytes(store: DirectoryImageStore) -> None:
    with working(store, ImageSettings(scene=Scene.FULL)) as worker:
        await worker.see(frame(0.0), build_look())
        (first,) = await worker.see(frame(0.1), build_look())
    assert first.image is not None
    assert filed(store, first, ImageKind.SCENE) == frame(0.0).jpeg
    assert first.image.scene_sha256 == hashlib.sha256(frame(0.0).jpeg).hexdigest()


async def test_what_a_camera_sends_that_is_no_picture_stops_no_detection(store: DirectoryImageStore) -> None:
    with working(store) as worker:
        await worker.see(build_frame(0.0), build_look())
        (first,) = await worker.see(build_frame(0.1), build_look())
    assert first.image is None
