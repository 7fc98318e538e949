"""A sheet of the passes that were not read: what the camera saw at its nearest, what stands there, what was read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from infra.bench.errors import BenchError
from infra.demo.report import ReadPass, TruePass
from recognizers.images import decode_gray
from recognizers.plate import GrayImage
from recognizers.rectification import upright
from recognizers.rendering.truth import ClipTruth

_WIDTH, _HEIGHT, _CAPTION = 240, 80, 36
_COLUMNS, _MOST = 5, 40
_INK = (30, 30, 30)


@dataclass(frozen=True, slots=True, eq=False)
class Failure:
    """A rendered pass that was not read exactly."""

    condition: str
    wanted: str
    read: str
    """Empty where nothing was told of it."""
    width_px: float
    nearest: GrayImage
    """The plate as it looked when it was widest, shape (80, 240)."""


def failures_of(
    condition: str,
    truth: ClipTruth,
    frames: Sequence[tuple[float, bytes]],
    pairs: Sequence[tuple[TruePass, ReadPass | None]],
) -> list[Failure]:
    """The passes of a clip that were not read exactly.

    Args:
        condition: of the clip, in a word.
        truth: of the clip.
        frames: of the clip.
        pairs: each of its true passes, in the truth's order, with what was read of it.
    """
    found = []
    for one, (wanted, read) in zip(truth.passes, pairs, strict=True):
        if read is not None and read.plate == wanted.plate:
            continue
        views = [
            (plate.width_px, number, plate)
            for number in range(one.first_frame, min(one.last_frame + 1, len(frames)))
            for plate in truth.frames[number]
            if plate.pass_id == one.pass_id
        ]
        if not views:  # the video ended before the truth says
            continue
        width, number, plate = max(views, key=lambda view: view[0])
        image = decode_gray(frames[number][1])
        nearest = upright(image, np.array(plate.quad, np.float32), _WIDTH, _HEIGHT)
        found.append(Failure(condition, wanted.plate, read.plate if read else "", width, nearest))
    return found


def draw_failures(failures: Sequence[Failure], path: Path) -> None:
    """Write the sheet, the widest plates first: those should have been read.

    Raises:
        BenchError: the file cannot be written.
    """
    chosen = sorted(failures, key=lambda failure: -failure.width_px)[:_MOST]
    cells = [_cell(failure) for failure in chosen]
    blank = np.full((_HEIGHT + _CAPTION, _WIDTH, 3), 255, np.uint8)
    cells += [blank] * (-len(cells) % _COLUMNS)
    rows = [np.hstack(cells[start : start + _COLUMNS]) for start in range(0, len(cells), _COLUMNS)]
    encoded, data = cv2.imencode(".jpg", np.vstack(rows or [blank]), [cv2.IMWRITE_JPEG_QUALITY, 85])
    try:
        path.write_bytes(data.tobytes() if encoded else b"")
    except OSError as error:
        msg = f"{path} cannot be written ({error.strerror}); give another place with --failures"
        raise BenchError(msg) from error


def _cell(failure: Failure) -> NDArray[np.uint8]:
    cell = np.full((_HEIGHT + _CAPTION, _WIDTH, 3), 255, np.uint8)
    cell[:_HEIGHT] = failure.nearest[..., None]
    first = f"{failure.wanted}, read {failure.read or 'nothing'}"
    second = f"{failure.condition}, {failure.width_px:.0f} px wide at most"
    for row, text in ((14, first), (29, second)):
        cv2.putText(cell, text, (4, _HEIGHT + row), cv2.FONT_HERSHEY_SIMPLEX, 0.4, _INK, 1, cv2.LINE_AA)
    return cell
