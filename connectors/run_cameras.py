"""Puts cameras, publisher, spool and Kafka together, runs them, and takes them apart again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from connectors.camera import CameraRun, CameraRunner, WhenLost, WhenOver
from connectors.kafka_wire import KafkaWire
from connectors.masked_source import MaskedSource
from connectors.publisher import OnAcknowledged, Publisher
from connectors.recording_time import Pace
from connectors.registry import SourceOptions, build_source
from connectors.source import CapturedFrame, FrameSource, SourceError
from connectors.spool import Spool
from infra.settings.pipeline import CameraSettings, PublisherSettings
from infra.settings.services import KafkaSettings

DRAIN_S = 60.0
"""At the end of recordings, longest wait for Kafka to take what the spool holds. The rest goes with the next run."""


@dataclass(frozen=True, slots=True)
class RunModes:
    """How cameras are run."""

    when_over: WhenOver = WhenOver.END
    when_lost: WhenLost = WhenLost.RECONNECT
    pace: Pace = Pace.RECORDED


@dataclass(frozen=True, slots=True)
class CameraOutcome:
    """How the run of one camera ended; `error` is one sentence, empty where it ended well."""

    camera: str
    run: CameraRun
    error: str


@dataclass(frozen=True, slots=True)
class CamerasOutcome:
    """How the run of all cameras ended, and how many messages still wait on disk for the next run."""

    cameras: tuple[CameraOutcome, ...]
    left_on_disk: int


def build_publisher(
    kafka: KafkaSettings, settings: PublisherSettings, *, on_acknowledged: OnAcknowledged | None = None
) -> Publisher:
    """A publisher with its spool open and its connection not yet begun.

    Raises:
        SpoolError: the spool's folder cannot be used, or another process uses it.
    """
    spool = Spool.open(settings.spool_dir, bytes_max=settings.spool_max_mib * 2**20)
    wire = KafkaWire(kafka, timeout_s=settings.delivery_timeout_s)
    return Publisher(wire, spool, timeout_s=settings.delivery_timeout_s, on_acknowledged=on_acknowledged)


def source_options(camera: CameraSettings, pace: Pace) -> SourceOptions:
    """What the settings of a camera mean for its source."""
    return SourceOptions(
        max_fps=camera.max_fps,
        jpeg_quality=camera.jpeg_quality,
        stall_s=camera.stall_s,
        pace=pace,
        picture_times=camera.picture_times,
        clock_offset=timedelta(milliseconds=camera.clock_offset_ms),
    )


def build_camera_source(camera: CameraSettings, pace: Pace) -> FrameSource:
    """The source of a camera, with its privacy masks applied whatever kind of source it is.

    Raises:
        SourceUnreadableError, SourcePluginError: as `build_source`.
    """
    source = build_source(camera.source, source_options(camera, pace))
    if not camera.privacy_masks:
        return source
    return MaskedSource(source, camera.privacy_masks, name=camera.name, jpeg_quality=camera.jpeg_quality)


async def run_cameras(
    cameras: Sequence[CameraSettings], publisher: Publisher, modes: RunModes | None = None
) -> CamerasOutcome:
    """Run the cameras side by side until the last has ended. One that fails does not stop the others.

    On cancellation all stop, and what they have handed over is accepted before this returns.

    Raises:
        ConnectorError: a source cannot be made, or the publisher cannot go on.
    """
    modes = modes or RunModes()
    try:
        runners = [
            CameraRunner(
                camera,
                build_camera_source(camera, modes.pace),
                publisher,
                when_over=modes.when_over,
                when_lost=modes.when_lost,
            )
            for camera in cameras
        ]
        await publisher.start()
        runs = [_run_one(camera.name, runner) for camera, runner in zip(cameras, runners, strict=True)]
        outcomes = await asyncio.gather(*runs)
        await publisher.drained(DRAIN_S)
        return CamerasOutcome(tuple(outcomes), publisher.state().spool_messages)
    finally:
        await publisher.close()


async def _run_one(name: str, runner: CameraRunner) -> CameraOutcome:
    try:
        return CameraOutcome(name, await runner.run(), "")
    except SourceError as error:
        return CameraOutcome(name, runner.result(), str(error))


async def probe_source(camera: CameraSettings) -> CapturedFrame:
    """The first picture that the source gives, with the camera's privacy masks applied.

    Raises:
        ConnectorError: there is none; the message says why.
    """
    source = build_camera_source(camera, Pace.FLAT_OUT)
    try:
        await source.open()
        return await source.next_frame()
    finally:
        await source.close()
