"""Rendered traffic and recorded video, as the frames of a camera."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from connectors.jpeg import encode_picture
from infra.demo.report import TruePass
from recognizers.rendering.clip import render_clip
from recognizers.rendering.clip_spec import ClipSpec
from recognizers.rendering.daylight import Light, Weather
from recognizers.rendering.truth import ClipTruth

CONDITIONS: dict[str, tuple[Light, Weather]] = {
    "day": (Light.DAY, Weather.CLEAR),
    "night": (Light.NIGHT, Weather.CLEAR),
    "infrared": (Light.INFRARED, Weather.CLEAR),
    "rain": (Light.DAY, Weather.RAIN),
    "night in rain": (Light.NIGHT, Weather.RAIN),
}
"""Name of a condition, and how its clips are rendered."""

_FPS = 10.0  # as many as a camera sends on
_SLOWEST_KMH, _FASTEST_KMH = 50.0, 70.0


def spec_of(condition: str, seed: int, seconds: float) -> ClipSpec:
    """A clip of this condition at about 60 km/h."""
    light, weather = CONDITIONS[condition]
    return ClipSpec(
        name=f"{condition.replace(' ', '-')}-{seed}",
        seed=seed,
        seconds=seconds,
        fps=_FPS,
        light=light,
        weather=weather,
        slowest_kmh=_SLOWEST_KMH,
        fastest_kmh=_FASTEST_KMH,
    )


def rendered_frames(spec: ClipSpec) -> tuple[ClipTruth, list[tuple[float, bytes]]]:
    """The truth of a clip, and its frames as a camera would send them after the video's own compression."""
    with tempfile.TemporaryDirectory() as folder:
        clip = render_clip(spec, Path(folder))
        return clip.truth, list(video_frames(clip.video, _FPS))


def video_frames(video: Path, most_fps: float) -> Iterator[tuple[float, bytes]]:
    """Seconds since the start, and the JPEG, of the frames of a video, thinned out to at most `most_fps`."""
    capture = cv2.VideoCapture(str(video))
    fps = capture.get(cv2.CAP_PROP_FPS) or _FPS
    number, due_s = 0, 0.0
    try:
        while True:
            taken, image = capture.read()
            if not taken:
                return
            at_s = number / fps
            number += 1
            if at_s + 1e-6 < due_s:
                continue
            due_s = max(due_s + 1 / most_fps, at_s)
            yield at_s, encode_picture(np.asarray(image, np.uint8)).jpeg
    finally:
        capture.release()


def true_passes(truth: ClipTruth) -> list[TruePass]:
    """What is to be read in a clip."""
    return [TruePass(one.plate, one.first_s, one.last_s) for one in truth.passes]
