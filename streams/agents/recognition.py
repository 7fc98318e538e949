"""pw.frames through the recognisers to passes, on pw.detections."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import faust
import msgspec
import structlog

from infra import metrics
from infra.settings import Settings
from recognizers.interpreter import weights_version
from recognizers.plate import Look
from recognizers.recognizer import build_recognizer
from streams.agents.stage import beside, build_guard, run_stage
from streams.app import KeyedState, deliver, topic
from streams.codec import encode, frame_from_message
from streams.faults import UnhandledError
from streams.guard import Guard
from streams.images.keeper import PictureKeeper
from streams.images.store import DirectoryImageStore
from streams.images.upkeep import ImageUpkeep
from streams.inference_stage import InferenceStage, chain_settings
from streams.intake import BatchLimits, Message, Taken
from streams.passes import PassAssembler, Passes, is_repeat, restore
from streams.records import Detection, Frame, TopicName

log = structlog.get_logger(__name__)

STAGE = "recognition"

_AHEAD_AT_MOST = timedelta(seconds=60)
"""A clock that is further ahead would date evidence wrongly, and end every pass at once."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """A frame, and what is read in it."""

    frame: Frame
    looks: tuple[Look, ...]


def attach(app: faust.App, settings: Settings) -> Guard:
    """Make the app recognise frames."""
    guard = build_guard(app, settings, STAGE)
    detections = topic(app, TopicName.DETECTIONS)
    states = KeyedState(app, "passes")
    assembler = PassAssembler(settings.recognition, weights_version())
    # As many frames are under way at once as there are threads, and as many again are decoded ahead.
    limits = BatchLimits(messages=settings.recognition.threads, linger_s=0.0)
    limit = timedelta(hours=settings.retention.limit_h)
    regions = {camera.name: camera.region_of_interest for camera in settings.cameras}

    @app.agent(topic(app, TopicName.FRAMES), concurrency=1, name=STAGE)
    async def recognise_frames(stream: Any) -> None:
        build = partial(build_recognizer, chain_settings(settings.recognition))
        async with AsyncExitStack() as resources:
            inference = resources.enter_context(closing(InferenceStage(build, settings.recognition.threads)))
            keeper = resources.enter_context(closing(PictureKeeper.of(settings)))
            upkeep = ImageUpkeep(DirectoryImageStore(settings.images.dir), limit)
            await resources.enter_async_context(beside(app, upkeep.run()))
            await inference.warm_up()

            def prepare(message: Message) -> asyncio.Task[Recognised]:
                task = asyncio.create_task(recognise(message, inference))
                task.add_done_callback(_look_at_error)
                return task

            async def body(batch: Sequence[Taken[asyncio.Task[Recognised]]]) -> None:
                for taken in batch:
                    await count(await taken.prepared, taken.message.partition, keeper)

            await run_stage(app, stream, guard, (limits, prepare, body))

    async def recognise(message: Message, inference: InferenceStage) -> Recognised:
        frame = frame_from_message(message.key, message.value, message.headers)
        if frame.is_tick:
            return Recognised(frame, ())
        if frame.captured_at - frame.received_at > _AHEAD_AT_MOST:
            msg = f"captured {frame.captured_at - frame.received_at} after it was received; set the camera's clock"
            raise UnhandledError(msg)
        if time.time() - message.appended_at_s > settings.recognition.max_lag_s:
            metrics.FRAMES_DROPPED.labels(frame.camera, "lag").inc()
            return Recognised(frame, ())
        with metrics.STAGE_SECONDS.labels(STAGE, "recognise").time():
            reads = await inference.recognize(frame.jpeg, regions.get(frame.camera, ()))
        return Recognised(frame, reads.looks)

    async def count(recognised: Recognised, partition: int, keeper: PictureKeeper) -> None:
        frame = recognised.frame
        key = frame.camera.encode()
        passes = restore(states.get(key))
        if passes is None:
            # After an upgrade: a camera that starts anew is better than one whose every frame is a dead letter.
            log.warning("passes_forgotten", camera=frame.camera, reason="written by another version")
            passes = Passes()
        if is_repeat(passes, frame):
            metrics.FRAMES_DROPPED.labels(frame.camera, "repeat").inc()
            return
        result = assembler.observe(passes, frame, recognised.looks)
        keeper.observe(result.passes, frame, recognised.looks)
        for detection in result.detections:
            await tell(await keeper.keep(detection))
        if passes.open or result.passes.open:
            # Only after the detections are out: a crash in between tells them again, under the same ids.
            await states.set(partition, key, msgspec.msgpack.encode(result.passes))
        keeper.forget({one.id for one in passes.open} - {one.id for one in result.passes.open})

    async def tell(detection: Detection) -> None:
        await deliver(detections, detection.plate_folded.encode(), encode(detection))
        metrics.DETECTIONS.labels(detection.camera, "final" if detection.final else "first").inc()

    return guard


def _look_at_error(task: asyncio.Task[Recognised]) -> None:
    """A frame that is dropped by a rebalance is never awaited; its error is nobody's then."""
    if not task.cancelled():
        task.exception()
