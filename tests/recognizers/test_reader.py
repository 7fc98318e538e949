"""The reader reads plates of one and of two lines, and says when it is unsure."""

from __future__ import annotations

import numpy as np
import pytest

from recognizers.confidence import load_calibration
from recognizers.plate import ALPHABET, Candidate, GrayImage, Quad
from recognizers.reader import CANDIDATES, NOTHING, CropRead, LitertPlateReader, averaged, shipped_reader
from recognizers.training.plate_pool import REGION_SHARES, draw_plate
from recognizers.training.reader_samples import PlateScene, draw_rendered

PER_REGION = 40


@pytest.fixture(scope="module")
def reader() -> LitertPlateReader:
    return shipped_reader(load_calibration())


@pytest.fixture(scope="module")
def scenes() -> list[PlateScene]:
    """Freshly rendered plates of every region, degraded as in training, cut by inexact corners."""
    rng = np.random.default_rng(424_242)
    ground = np.full((200, 300), 90, np.uint8)
    return [
        draw_rendered(draw_plate(rng, region), ground, rng) for region, _ in REGION_SHARES for _ in range(PER_REGION)
    ]


def test_rendered_plates_are_read(reader: LitertPlateReader, scenes: list[PlateScene]) -> None:
    # Measured 163 of 200; a standard error is 5 plates, and a little more than one of them is allowed.
    right = sum(reader.read(scene.image, scene.quad).text == scene.text for scene in scenes)
    assert right >= 156


def test_reads_keep_their_promises(reader: LitertPlateReader, scenes: list[PlateScene]) -> None:
    for scene in scenes:
        read = reader.read(scene.image, scene.quad)
        if read == NOTHING:
            continue
        assert set(read.text) <= set(ALPHABET)
        assert (read.text, read.confidence) == (read.candidates[0].text, read.candidates[0].confidence)
        assert len(read.candidates) <= CANDIDATES
        assert sum(candidate.confidence for candidate in read.candidates) <= 1 + 1e-6
        likeliest = "".join(max(column, key=lambda character: column[character]) for column in read.lattice)
        assert len(likeliest) >= len(read.text) - 1


def corners_of(image: GrayImage) -> Quad:
    height, width = image.shape
    return np.array([[4, 4], [width - 4, 4], [width - 4, height - 4], [4, height - 4]], np.float32)


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(np.full((40, 150), 128, np.uint8), id="grey"),
        pytest.param(np.tile(np.array([0, 255] * 75, np.uint8), (40, 1)), id="stripes"),
        pytest.param(np.random.default_rng(5).integers(0, 255, (40, 150), dtype=np.uint8), id="noise"),
        pytest.param(np.tile(np.linspace(20, 230, 150).astype(np.uint8), (40, 1)), id="shade"),
    ],
)
def test_what_is_no_plate_is_not_read_with_confidence(reader: LitertPlateReader, image: GrayImage) -> None:
    assert reader.read(image, corners_of(image)).confidence < 0.3


def test_a_quad_without_extent_holds_nothing(reader: LitertPlateReader) -> None:
    image = np.full((40, 150), 128, np.uint8)
    assert reader.read(image, np.full((4, 2), 20, np.float32)).confidence < 0.3


def look(issuer: float, *texts: Candidate) -> CropRead:
    return CropRead(texts, np.array([issuer, 1 - issuer], np.float32))


def test_looks_are_averaged_and_what_one_missed_counts_as_nothing() -> None:
    found = averaged(
        [look(0.9, Candidate("AB1", 0.6), Candidate("A81", 0.3)), look(0.3, Candidate("A81", 0.5)), look(0)]
    )
    assert [candidate.text for candidate in found.texts] == ["A81", "AB1"]
    assert [candidate.confidence for candidate in found.texts] == pytest.approx([0.8 / 3, 0.6 / 3])
    assert found.nations == pytest.approx([0.4, 0.6])
