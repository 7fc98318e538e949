"""Rendered traffic and recorded video, as the frames of a camera."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from connectors.jpeg import encode_picture
from connectors.video_frames import VideoFrames
from infra.demo.report import TruePass
from recognizers.rendering.clip import render_clip
from recognizers.rendering.clip_spec import ClipSpec
from recognizers.rendering.daylight import Light, Weather
from recognizers.rendering.truth import ClipTruth


@dataclass(frozen=True, slots=True)
class Condition:
    """How the clips of a condition are rendered."""

    light: Light
    weather: Weather
    lanes: int = 2
    """With two, a US plate is at most 75 px wide; with one, 120 px, as a camera that is aimed well gives it."""


CONDITIONS: dict[str, Condition] = {
    "day": Condition(Light.DAY, Weather.CLEAR),
    "infrared": Condition(Light.INFRARED, Weather.CLEAR),
    "rain": Condition(Light.DAY, Weather.RAIN),
    "night": Condition(Light.NIGHT, Weather.CLEAR),
    "night in rain": Condition(Light.NIGHT, Weather.RAIN),
    "rain, one lane": Condition(Light.DAY, Weather.RAIN, lanes=1),
    "night, one lane": Condition(Light.NIGHT, Weather.CLEAR, lanes=1),
    "night in rain, one lane": Condition(Light.NIGHT, Weather.RAIN, lanes=1),
}
"""By name."""

_FPS = 10.0  # as many as a camera sends on
_ROUNDING_S = 1e-3
_VEHICLES_PER_MINUTE_AND_LANE = 13.0
_SLOWEST_KMH, _FASTEST_KMH = 50.0, 70.0


def spec_of(condition: str, seed: int, seconds: float) -> ClipSpec:
    """A clip of this condition at about 60 km/h."""
    how = CONDITIONS[condition]
    return ClipSpec(
        name=f"{condition.replace(',', '').replace(' ', '-')}-{seed}",
        seed=seed,
        seconds=seconds,
        fps=_FPS,
        lanes=how.lanes,
        # One lane takes half the vehicles.
        vehicles_per_minute=_VEHICLES_PER_MINUTE_AND_LANE * how.lanes,
        light=how.light,
        weather=how.weather,
        slowest_kmh=_SLOWEST_KMH,
        fastest_kmh=_FASTEST_KMH,
    )


def rendered_frames(spec: ClipSpec) -> tuple[ClipTruth, list[tuple[float, bytes]]]:
    """The truth of a clip, and its frames as a camera would send them after the video's own compression."""
    with tempfile.TemporaryDirectory() as folder:
        clip = render_clip(spec, Path(folder))
        return clip.truth, list(video_frames(clip.video, _FPS))


def video_frames(video: Path, most_fps: float) -> Iterator[tuple[float, bytes]]:
    """Seconds since the start, and the JPEG, of the frames of a video, thinned out to at most `most_fps`.

    Raises:
        ConnectorError: it is no video, or a frame cannot be decoded.
    """
    frames = VideoFrames(str(video))
    due_s = 0.0
    try:
        while frames.grab():
            if frames.media_s + _ROUNDING_S < due_s:
                continue
            due_s = max(due_s + 1 / most_fps, frames.media_s)
            yield frames.media_s, encode_picture(frames.retrieve()).jpeg
    finally:
        frames.release()


def true_passes(truth: ClipTruth) -> list[TruePass]:
    """What is to be read in a clip."""
    return [TruePass(one.plate, one.first_s, one.last_s) for one in truth.passes]
