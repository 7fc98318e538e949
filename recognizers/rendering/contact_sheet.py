"""Pictures for the documentation, a sheet of plates and one of frames; run as a module it writes both to a folder."""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from recognizers.rendering.clip import render_frames
from recognizers.rendering.clip_spec import ClipSpec
from recognizers.rendering.colours import ColourImage
from recognizers.rendering.daylight import Light, Weather
from recognizers.rendering.layouts import choose_layout
from recognizers.rendering.plates import PlateLight, render_plate

_CELL = (208, 104)  # width, height of a plate's place
_COLUMNS, _ROWS = 6, 7
_SCENES = (
    ClipSpec(name="day", seed=20, seconds=6),
    ClipSpec(name="night", seed=3, seconds=6, light=Light.NIGHT),
    ClipSpec(name="dusk-rain", seed=5, seconds=6, light=Light.DUSK, weather=Weather.RAIN),
    ClipSpec(name="infrared", seed=4, seconds=6, light=Light.INFRARED),
)


def plate_sheet(rng: np.random.Generator) -> ColourImage:
    """Plates drawn as often as the trainers see them, in rows."""
    sheet = np.full((_ROWS * _CELL[1], _COLUMNS * _CELL[0], 3), 96, np.uint8)
    for number in range(_ROWS * _COLUMNS):
        plate = render_plate(choose_layout(rng), rng, light=PlateLight.VISIBLE).image
        scale = min((_CELL[0] - 8) / plate.shape[1], (_CELL[1] - 8) / plate.shape[0])
        size = round(plate.shape[1] * scale), round(plate.shape[0] * scale)
        x = number % _COLUMNS * _CELL[0] + (_CELL[0] - size[0]) // 2
        y = number // _COLUMNS * _CELL[1] + (_CELL[1] - size[1]) // 2
        sheet[y : y + size[1], x : x + size[0]] = cv2.resize(plate, size, interpolation=cv2.INTER_AREA)
    return sheet


def scene_sheet() -> ColourImage:
    """Four frames in a square: of each light the frame in which the visible plates are largest in sum."""
    frames = []
    for spec in _SCENES:
        best = max(render_frames(spec), key=lambda frame: sum(plate.width_px * plate.visible for plate in frame.plates))
        frames.append(cv2.resize(best.image, (640, 360), interpolation=cv2.INTER_AREA))
    return np.vstack([np.hstack(frames[:2]), np.hstack(frames[2:])])


def write_sheets(folder: Path) -> None:
    """Write rendered-plates.jpg and rendered-scenes.jpg into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    quality = (cv2.IMWRITE_JPEG_QUALITY, 78)
    cv2.imwrite(str(folder / "rendered-plates.jpg"), plate_sheet(np.random.default_rng(11)), quality)
    cv2.imwrite(str(folder / "rendered-scenes.jpg"), scene_sheet(), quality)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Draw the pictures of docs/rendering.md.")
    parser.add_argument("folder", type=Path, help="where to write them, such as docs/images")
    write_sheets(parser.parse_args().folder)
