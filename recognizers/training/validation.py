"""How good the exported models are on plates that training did not show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recognizers.confidence import Calibration
from recognizers.jurisdictions import STATES
from recognizers.plate import DetectedPlate, PixelBox, PlateDetector, PlateRead, PlateReader, Quad
from recognizers.state_reader import LitertStateReader
from recognizers.training.detector_batches import detector_photographs
from recognizers.training.photographs import Photograph, Split, load_photographs, pixels
from recognizers.training.plate_pool import REGION_SHARES, draw_plate
from recognizers.training.reader_samples import PlateScene, draw_real, draw_rendered, real_plates
from recognizers.training.word_batches import SIZES, draw_state_plate

_SEED = 20_260_101  # of the held-out plates; training seeds are small numbers

REAL = "photographs"
"""Name of the group of real plates among the rendered regions."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One held-out plate: what stands on it, what was read, and with what confidence."""

    group: str
    scene: PlateScene
    read: PlateRead

    @property
    def exact(self) -> bool:
        """Whether every character is right."""
        return self.scene.text == self.read.text


@dataclass(frozen=True, slots=True)
class DetectorScore:
    """Of one group of photographs."""

    plates: int
    found: int
    """Overlapped by a detection with an IoU of at least a half."""
    touched: int
    """The same with three tenths."""
    invented: int
    """Detections away from every annotated plate."""
    images: int


def held_out_scenes(data: Path, per_region: int) -> Iterable[tuple[str, PlateScene]]:
    """Rendered plates of each region, and each real plate of the validation split, with the group's name."""
    photographs = load_photographs(data)
    grounds = [photo for photo in photographs if photo.split is Split.VALIDATION]
    rng = np.random.default_rng(_SEED)
    for region, _ in REGION_SHARES:
        for _ in range(per_region):
            ground = pixels(grounds[int(rng.integers(len(grounds)))].path)
            yield region, draw_rendered(draw_plate(rng, region), ground, rng)
    for photo, quad, text in real_plates(grounds):
        yield REAL, draw_real(photo, quad, text, rng)


def held_out_us_plates(data: Path, count: int) -> Iterable[PlateScene]:
    """Rendered US plates, each state as often, that training did not show."""
    grounds = [photo for photo in load_photographs(data) if photo.split is Split.VALIDATION]
    rng = np.random.default_rng(_SEED + 1)
    for _ in range(count):
        yield draw_rendered(draw_state_plate(rng), pixels(grounds[int(rng.integers(len(grounds)))].path), rng, SIZES)


def read_states(model: bytes, scenes: Iterable[PlateScene]) -> tuple[list[NDArray[np.float64]], list[int]]:
    """The model's own odds of each state for each plate, and the place of the right one."""
    reader = LitertStateReader(model, Calibration())
    odds, right = [], []
    for scene in scenes:
        told = reader.states(scene.image, scene.quad)
        if told and scene.jurisdiction is not None:
            odds.append(np.array([one.probability for one in told]))
            right.append(STATES.index(scene.jurisdiction))
    return odds, right


def read_scenes(reader: PlateReader, scenes: Iterable[tuple[str, PlateScene]]) -> list[Outcome]:
    """What the reader makes of each plate."""
    return [Outcome(group, scene, reader.read(scene.image, scene.quad)) for group, scene in scenes]


def exact_shares(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """The share of exact reads by group."""
    groups = dict.fromkeys(outcome.group for outcome in outcomes)
    return {
        group: float(np.mean([outcome.exact for outcome in outcomes if outcome.group == group])) for group in groups
    }


def score_detector(detector: PlateDetector, data: Path) -> dict[str, DetectorScore]:
    """The detector on the validation photographs, by source."""
    scores: dict[str, list[DetectorScore]] = {}
    for photo in detector_photographs(data, Split.VALIDATION):
        scores.setdefault(photo.source, []).append(_score(photo, detector.detect(pixels(photo.path))))
    return {source: _total(parts) for source, parts in scores.items()}


def _score(photo: Photograph, found: Sequence[DetectedPlate]) -> DetectorScore:
    wanted = [plate for plate in photo.plates if not plate.ignored]
    best = [max((overlap(_box(plate.quad), detected.box) for detected in found), default=0.0) for plate in wanted]
    invented = sum(all(overlap(_box(plate.quad), detected.box) == 0 for plate in photo.plates) for detected in found)
    return DetectorScore(len(wanted), sum(iou >= 0.5 for iou in best), sum(iou >= 0.3 for iou in best), invented, 1)  # noqa: PLR2004


def _total(parts: Sequence[DetectorScore]) -> DetectorScore:
    return DetectorScore(
        plates=sum(part.plates for part in parts),
        found=sum(part.found for part in parts),
        touched=sum(part.touched for part in parts),
        invented=sum(part.invented for part in parts),
        images=sum(part.images for part in parts),
    )


def _box(quad: Quad) -> PixelBox:
    return DetectedPlate(quad, 1.0).box


def overlap(first: PixelBox, second: PixelBox) -> float:
    """Intersection over union of two boxes."""
    width = min(first.x + first.width, second.x + second.width) - max(first.x, second.x)
    height = min(first.y + first.height, second.y + second.height) - max(first.y, second.y)
    shared = max(0.0, width) * max(0.0, height)
    return shared / (first.width * first.height + second.width * second.height - shared)
