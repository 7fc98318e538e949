"""What is to be seen in a rendered clip, beside the clip as `<name>.truth.json`: the ruler for whatever reads it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from recognizers.rendering.errors import TruthError

TRUTH_VERSION = 1
READABLE_WIDTH_PX = 30.0
"""From this width on a wholly visible plate counts as readable."""


class VisiblePlate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One plate in one frame."""

    pass_id: int
    text: str
    box: tuple[float, float, float, float]
    """x, y, width, height in pixels, cut at the picture's edge."""
    quad: tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]
    """Corners clockwise from the plate's top left; may lie outside the picture."""
    width_px: float
    """Mean length of its upper and lower edge."""
    visible: float
    """Share of its area that is inside the picture and not covered by a nearer vehicle."""


class VehiclePass(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One vehicle going by. The frames and seconds are those in which its plate is readable, both ends included."""

    pass_id: int
    plate: str
    region: str
    layout: str
    lane: int
    end: str
    """Which end of the vehicle is seen: rear or front."""
    speed_kmh: float
    first_frame: int
    last_frame: int
    first_s: float
    last_s: float
    widest_px: float


class ClipTruth(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that is known of a clip."""

    version: int
    name: str
    video: str
    """File name of the video, beside the truth file."""
    fps: float
    frame_count: int
    width: int
    height: int
    seed: int
    light: str
    weather: str
    passes: tuple[VehiclePass, ...]
    frames: tuple[tuple[VisiblePlate, ...], ...]
    """For each frame the plates of which anything is visible."""


def save_truth(truth: ClipTruth, path: Path) -> None:
    """Write the truth file, one frame a line so that a person can find a frame in it."""
    head = msgspec.to_builtins(truth)
    frames = head.pop("frames")
    opening = msgspec.json.encode(head).decode()[:-1]
    lines = ",\n".join(msgspec.json.encode(frame).decode() for frame in frames)
    path.write_text(f'{opening},"frames":[\n{lines}\n]}}\n', encoding="utf-8")


def load_truth(path: Path) -> ClipTruth:
    """The truth of a clip.

    Raises:
        TruthError: the file is missing, is no truth file, is of another version, or contradicts itself.
    """
    try:
        truth = msgspec.json.decode(path.read_bytes(), type=ClipTruth)
    except OSError as error:
        msg = f"truth file {path} cannot be read ({error.strerror}); render the clip again"
        raise TruthError(msg) from error
    except msgspec.MsgspecError as error:
        msg = f"truth file {path} is not one of a rendered clip: {error}; render the clip again"
        raise TruthError(msg) from error
    if truth.version != TRUTH_VERSION:
        msg = f"truth file {path} is of version {truth.version}, not {TRUTH_VERSION}; render the clip again"
        raise TruthError(msg)
    if len(truth.frames) != truth.frame_count:
        msg = f"truth file {path} holds {len(truth.frames)} frames of {truth.frame_count}; render the clip again"
        raise TruthError(msg)
    return truth
