"""Renders a traffic clip with its truth: the video file and what is to be read in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from recognizers.rendering.atmosphere import add_glare, add_rain, expose
from recognizers.rendering.camera import Camera, traffic_camera
from recognizers.rendering.clip_spec import ClipSpec
from recognizers.rendering.colours import ColourImage
from recognizers.rendering.daylight import Weather, illuminate
from recognizers.rendering.errors import ClipWriteError
from recognizers.rendering.scene import draw_scene
from recognizers.rendering.traffic import PlannedPass, plan_traffic
from recognizers.rendering.truth import (
    READABLE_WIDTH_PX,
    TRUTH_VERSION,
    ClipTruth,
    VehiclePass,
    VisiblePlate,
    save_truth,
)
from recognizers.rendering.vehicles import draw_vehicle
from recognizers.rendering.visibility import DrawnPass, visible_plates

_SEEN_TO_M = 110.0
_WHOLLY_VISIBLE = 0.985  # rounding of the rasterised quad takes up to a percent
_CODEC = "mp4v"  # the one that the headless wheels can both write and read on every platform

Progress = Callable[[int, int], None]
"""Called with the frames done and the frames in all."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A rendered clip on disk."""

    video: Path
    truth_file: Path
    truth: ClipTruth


@dataclass(frozen=True, slots=True, eq=False)
class RenderedFrame:
    """One frame and the plates in it."""

    image: ColourImage
    plates: tuple[VisiblePlate, ...]


def render_clip(spec: ClipSpec, out_dir: Path, on_progress: Progress | None = None) -> Clip:
    """Write `<name>.mp4` and `<name>.truth.json` into the folder, which is made if it is not there.

    Raises:
        ClipSpecError: the traffic asked for does not fit on the road.
        ClipWriteError: the folder or the video cannot be written.
    """
    video, truth_file = out_dir / f"{spec.name}.mp4", out_dir / f"{spec.name}.truth.json"
    passes, frames = _rendering(spec)
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"folder {out_dir} cannot be made ({error.strerror}); name another place for clip {spec.name}"
        raise ClipWriteError(msg) from error
    writer = cv2.VideoWriter(str(video), cv2.VideoWriter.fourcc(*_CODEC), spec.fps, (spec.width, spec.height))
    if not writer.isOpened():
        msg = f"video {video} cannot be written; check that its folder is writable and the disk is not full"
        raise ClipWriteError(msg)
    seen: list[tuple[VisiblePlate, ...]] = []
    try:
        for number, frame in enumerate(frames):
            writer.write(frame.image)
            seen.append(frame.plates)
            if on_progress is not None:
                on_progress(number + 1, spec.frame_count)
    finally:
        writer.release()
    if not video.is_file() or video.stat().st_size == 0:
        msg = f"video {video} came out empty; check that the disk is not full"
        raise ClipWriteError(msg)
    truth = _truth(spec, passes, tuple(seen))
    save_truth(truth, truth_file)
    return Clip(video, truth_file, truth)


def render_frames(spec: ClipSpec) -> Iterator[RenderedFrame]:
    """The frames of a clip, before compression, one after the other.

    Raises:
        ClipSpecError: the traffic asked for does not fit on the road.
    """
    return _rendering(spec)[1]


def _rendering(spec: ClipSpec) -> tuple[tuple[PlannedPass, ...], Iterator[RenderedFrame]]:
    rng = np.random.default_rng(spec.seed)
    camera = traffic_camera(spec.width, spec.height, spec.lanes, rng)
    passes = plan_traffic(spec, camera, rng)
    return passes, _frames(spec, camera, passes, rng)


def _frames(
    spec: ClipSpec, camera: Camera, passes: tuple[PlannedPass, ...], rng: np.random.Generator
) -> Iterator[RenderedFrame]:
    illumination = illuminate(spec.light, spec.weather)
    road = draw_scene(camera, spec.lanes, illumination=illumination, weather=spec.weather, rng=rng)
    for number in range(spec.frame_count):
        time = number / spec.fps
        image = road.copy()
        drawn: list[DrawnPass] = []
        near_first = sorted(enumerate(passes), key=lambda each: each[1].place(time).y_m)
        for pass_id, each in reversed(near_first):
            place = each.place(time)
            if place.y_m > _SEEN_TO_M:
                continue
            result = draw_vehicle(image, each.vehicle, place, camera=camera, illumination=illumination)
            add_glare(image, each.vehicle, place, camera=camera, illumination=illumination)
            if result is not None:
                drawn.append(DrawnPass(pass_id, each.vehicle.plate.text, result))
        if spec.weather is Weather.RAIN:
            add_rain(image, illumination, rng)
        yield RenderedFrame(expose(image, illumination, rng), visible_plates(drawn, camera))


def _truth(spec: ClipSpec, passes: tuple[PlannedPass, ...], frames: tuple[tuple[VisiblePlate, ...], ...]) -> ClipTruth:
    readable: dict[int, list[tuple[int, float]]] = {}
    for number, frame in enumerate(frames):
        for plate in frame:
            if plate.visible >= _WHOLLY_VISIBLE and plate.width_px >= READABLE_WIDTH_PX:
                readable.setdefault(plate.pass_id, []).append((number, plate.width_px))
    return ClipTruth(
        version=TRUTH_VERSION,
        name=spec.name,
        video=f"{spec.name}.mp4",
        fps=spec.fps,
        frame_count=spec.frame_count,
        width=spec.width,
        height=spec.height,
        seed=spec.seed,
        light=spec.light.value,
        weather=spec.weather.value,
        passes=tuple(_vehicle_pass(each, passes[each], looks, spec.fps) for each, looks in sorted(readable.items())),
        frames=frames,
    )


def _vehicle_pass(pass_id: int, each: PlannedPass, looks: list[tuple[int, float]], fps: float) -> VehiclePass:
    first, last = looks[0][0], looks[-1][0]
    return VehiclePass(
        pass_id=pass_id,
        plate=each.vehicle.plate.text,
        region=each.vehicle.plate.region,
        layout=each.vehicle.plate.layout,
        lane=each.lane,
        end=each.vehicle.end.value,
        speed_kmh=round(each.speed_mps * 3.6, 1),
        first_frame=first,
        last_frame=last,
        first_s=round(first / fps, 3),
        last_s=round(last / fps, 3),
        widest_px=max(width for _, width in looks),
    )
