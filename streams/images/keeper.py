"""Files the pictures of a pass when it is told: plate and scene of its best look, under the detection's id.

They are made and written before the detection goes out, so that whoever follows a link in an alert finds them, and
only then: once for each revision that has a better look than the one before it, never for each frame. Written twice
they are the same. Nothing here keeps a detection from being told: without a picture, it says so.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Self

import msgspec
import structlog

from infra import metrics
from infra.settings import Settings
from infra.settings.images import ImageSettings, Scene
from recognizers.pictures import PictureSettings, take_pictures
from recognizers.plate import Look, UnreadableImageError
from streams.images.best_looks import BestLooks, HeldLook
from streams.images.key import ImageKey, ImageKind, day_of
from streams.images.store import DirectoryImageStore, ImageStore, ImageStoreError
from streams.passes import Passes
from streams.records import Detection, Frame, ImageReference

log = structlog.get_logger(__name__)


class PictureKeeper:
    """Owned by the recognition agent, closed by it; used by one event loop. What it remembers ends with the process.

    Args:
        store: where pictures are filed.
        settings: of pictures.
        limit: age at which a picture must be gone; older ones are not filed at all.
        looks: holds the frames meanwhile.
        now: gives the time.
    """

    def __init__(
        self,
        store: ImageStore,
        settings: ImageSettings,
        limit: timedelta,
        *,
        looks: BestLooks,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._settings = settings
        self._limit = limit
        self._looks = looks
        self._now = now
        self._failing = False
        # One thread: pictures of one frame wait for each other, and inference has the other cores.
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="pictures")

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The keeper of an installation."""
        limit = timedelta(hours=settings.retention.limit_h)
        return cls(DirectoryImageStore(settings.images.dir), settings.images, limit, looks=BestLooks())

    def observe(self, passes: Passes, frame: Frame, looks: Sequence[Look]) -> None:
        """Hold the frame for those passes of which it has the best look; call it before what is told of them."""
        if self._settings.enabled:
            self._looks.observe(passes, frame, looks, time.monotonic())

    def forget(self, pass_ids: Collection[str]) -> None:
        """These passes are over, and all is told of them."""
        self._looks.forget(pass_ids)

    async def keep(self, detection: Detection) -> Detection:
        """The detection with a reference to its pictures, which are filed by then; without one where there are none."""
        if not self._settings.enabled:
            return detection
        return msgspec.structs.replace(detection, image=await self._reference(detection))

    def close(self) -> None:
        """Let the thread end."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _reference(self, detection: Detection) -> ImageReference | None:
        if self._now() - detection.captured_at >= self._limit:
            metrics.IMAGES.labels("too old").inc()
            return None
        held = self._looks.of(detection.id)
        if held is not None and held.filed is not None and held.captured_at == detection.captured_at:
            metrics.IMAGES.labels("unchanged").inc()
            return held.filed
        try:
            with metrics.STAGE_SECONDS.labels("recognition", "picture").time():
                reference = await asyncio.get_running_loop().run_in_executor(self._pool, self._file, detection, held)
        except (ImageStoreError, UnreadableImageError) as error:
            self._note_failure(error)
            return None
        self._note_success()
        if reference is None:
            metrics.IMAGES.labels("missing").inc()
        elif reference.of_best_look:
            metrics.IMAGES.labels("filed").inc()
            self._looks.note_filed(detection.id, reference)
        else:
            metrics.IMAGES.labels("of another look").inc()
        return reference

    def _file(self, detection: Detection, held: HeldLook | None) -> ImageReference | None:
        """In the thread: file the best look; where it is not held, what is filed already goes before a poorer look."""
        if held is not None and held.captured_at == detection.captured_at:
            return self._filed(detection, held)
        earlier = self._earlier(detection)
        if earlier is not None or held is None or not held.frame:
            return earlier
        return msgspec.structs.replace(self._filed(detection, held), of_best_look=False)

    def _filed(self, detection: Detection, held: HeldLook) -> ImageReference:
        pictures = take_pictures(held.frame, held.quad, _picture_settings(self._settings))
        scene = held.frame if self._settings.scene is Scene.FULL else pictures.scene
        self._store.put(_key(detection, ImageKind.PLATE), pictures.plate)
        if scene is not None:
            self._store.put(_key(detection, ImageKind.SCENE), scene)
        return _reference(detection, pictures.plate, scene)

    def _earlier(self, detection: Detection) -> ImageReference | None:
        """What an earlier revision filed, before a restart."""
        plate = self._store.get(_key(detection, ImageKind.PLATE))
        if plate is None:
            return None
        scene = self._store.get(_key(detection, ImageKind.SCENE))
        return msgspec.structs.replace(_reference(detection, plate, scene), of_best_look=False)

    def _note_failure(self, error: Exception) -> None:
        metrics.IMAGES.labels("failed").inc()
        if not self._failing:
            log.warning("pictures cannot be filed; detections go out without them", reason=str(error))
            self._failing = True

    def _note_success(self) -> None:
        if self._failing:
            log.info("pictures are filed again")
            self._failing = False


def _picture_settings(settings: ImageSettings) -> PictureSettings:
    return PictureSettings(
        plate_margin=settings.plate_margin,
        plate_quality=settings.plate_quality,
        scene_longest_px=settings.scene_longest_px if settings.scene is Scene.SMALL else None,
        scene_quality=settings.scene_quality,
    )


def _key(detection: Detection, kind: ImageKind) -> ImageKey:
    return ImageKey(day_of(detection.captured_at), detection.id, kind)


def _reference(detection: Detection, plate: bytes, scene: bytes | None) -> ImageReference:
    return ImageReference(
        day=day_of(detection.captured_at),
        plate_sha256=hashlib.sha256(plate).hexdigest(),
        scene_sha256=None if scene is None else hashlib.sha256(scene).hexdigest(),
    )
