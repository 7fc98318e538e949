"""Samples are what the networks will meet: right shapes, true labels, the same for the same seed."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from recognizers.plate import ALPHABET
from recognizers.rectification import CROP_HEIGHT, CROP_WIDTH
from recognizers.training.augmentation import blur_motion, degrade
from recognizers.training.decoys import add_decoy
from recognizers.training.detector_samples import DetectorSampler, WindowSpec
from recognizers.training.pasting import erase_box, paste_plate
from recognizers.training.photographs import AnnotatedPlate, Photograph, Split
from recognizers.training.plate_pool import PlatePool
from recognizers.training.poses import PoseRange, draw_quad
from recognizers.training.reader_samples import LONGEST_TEXT, ReaderSampler, inexact

SPEC = WindowSpec(width=160, height=96, smallest=16, largest=120)
BOX = np.array([[100, 80], [180, 80], [180, 100], [100, 100]], np.float32)


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> list[Photograph]:
    """Two pictures: one with a plate, one without."""
    folder = tmp_path_factory.mktemp("street")
    rng = np.random.default_rng(1)
    for name in ("a.png", "b.png"):
        small = rng.integers(0, 255, (12, 20), dtype=np.uint8)
        cv2.imwrite(str(folder / name), cv2.resize(small, (320, 200), interpolation=cv2.INTER_CUBIC))
    plate = AnnotatedPlate(BOX, has_corners=False, text="AB123", ignored=False)
    return [
        Photograph(folder / "a.png", "test", Split.TRAIN, (plate,)),
        Photograph(folder / "b.png", "test", Split.TRAIN, ()),
    ]


def test_windows_have_the_asked_size_and_are_repeatable(street: list[Photograph]) -> None:
    first, second = (DetectorSampler(street, PlatePool(4, 3.0)) for _ in range(2))
    one, other = np.random.default_rng(5), np.random.default_rng(5)
    for _ in range(12):
        image, plates = first.draw(one, SPEC)
        again, plates_again = second.draw(other, SPEC)
        assert image.shape == (SPEC.height, SPEC.width)
        assert np.array_equal(image, again)
        assert len(plates) == len(plates_again)
        assert all(np.isfinite(plate.quad).all() for plate in plates)


def test_crops_fit_the_reader_and_its_alphabet(street: list[Photograph]) -> None:
    sampler = ReaderSampler(street, PlatePool(4, 3.0))
    rng = np.random.default_rng(5)
    samples = [sampler.draw(rng) for _ in range(30)]
    assert {sample.crop.shape for sample in samples} == {(CROP_HEIGHT, CROP_WIDTH)}
    assert all(set(sample.text) <= set(ALPHABET) and len(sample.text) <= LONGEST_TEXT for sample in samples)
    assert any(sample.text for sample in samples)


def test_inexact_corners_stay_near() -> None:
    rng = np.random.default_rng(2)
    errors = [np.abs(inexact(BOX, rng) - BOX).max() for _ in range(200)]
    assert 0.5 < np.median(errors) < 8


def test_quads_are_as_wide_as_asked_and_clockwise() -> None:
    rng = np.random.default_rng(2)
    for _ in range(50):
        quad = draw_quad(rng, 80, 4.0, PoseRange())
        assert np.ptp(quad[:, 0]) == pytest.approx(80, rel=1e-3)
        following = np.roll(quad, -1, axis=0)
        assert (quad[:, 0] * following[:, 1] - quad[:, 1] * following[:, 0]).sum() > 0


def test_a_pasted_plate_covers_its_quad_and_nothing_far() -> None:
    image = np.full((120, 200), 90, np.uint8)
    paste_plate(image, np.full((30, 120), 255, np.uint8), BOX - 30, np.random.default_rng(3))
    assert (image[58:62, 80:140] != 90).all()
    assert (image[:30] == 90).all()
    assert (image[:, :40] == 90).all()


def test_an_erased_plate_is_gone() -> None:
    image = np.full((120, 200), 90, np.uint8)
    image[80:100, 100:180] = 255
    erase_box(image, BOX)
    assert (image == 90).all()


@pytest.mark.parametrize("size", [(9, 9), (20, 160), (384, 640)])
def test_decoys_fit_into_pictures_of_any_size(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(4)
    for _ in range(150):
        image = np.full(size, 90, np.uint8)
        add_decoy(image, rng)
        assert image.shape == size


def test_faults_leave_shape_and_range() -> None:
    image = np.tile(np.linspace(0, 255, 90).astype(np.uint8), (40, 1))
    rng = np.random.default_rng(6)
    for _ in range(40):
        spoiled = degrade(image, rng, scale=20)
        assert spoiled.shape == image.shape
        assert spoiled.dtype == np.uint8


def test_motion_smears_along_its_direction_only() -> None:
    image = np.zeros((41, 41), np.uint8)
    image[20, 20] = 255
    smeared = blur_motion(image, 9, 0.0)
    assert (smeared[20] > 0).sum() >= 8
    assert (smeared[:, 20] > 0).sum() <= 3
