from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from recognizers.pictures import PictureSettings, straightened, take_pictures
from recognizers.plate import Quad, UnreadableImageError

BACKGROUND, PLATE, MARK = (40, 90, 40), (230, 230, 230), (20, 20, 200)


def quad_of(*corners: tuple[float, float]) -> Quad:
    return np.array(corners, np.float32)


LEVEL = quad_of((600, 300), (700, 300), (700, 325), (600, 325))
TILTED = quad_of((600, 300), (694, 334), (685, 358), (591, 324))


def scene_with(quad: Quad, width: int = 1280, height: int = 720) -> NDArray[np.uint8]:
    """A plate on a lawn, the left fifth of it red."""
    image = np.full((height, width, 3), BACKGROUND, np.uint8)
    cv2.fillConvexPoly(image, quad.round().astype(np.int32), PLATE)
    top, bottom = quad[0] + (quad[1] - quad[0]) * 0.2, quad[3] + (quad[2] - quad[3]) * 0.2
    cv2.fillConvexPoly(image, np.array([quad[0], top, bottom, quad[3]]).round().astype(np.int32), MARK)
    return image


def encoded(image: NDArray[np.uint8], kind: str = ".jpg") -> bytes:
    return bytes(cv2.imencode(kind, image)[1].tobytes())


def decoded(data: bytes) -> NDArray[np.uint8]:
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), np.uint8)


@pytest.mark.parametrize("quad", [pytest.param(LEVEL, id="level"), pytest.param(TILTED, id="tilted")])
def test_the_plate_is_straightened_and_stands_within_its_margin(quad: Quad) -> None:
    image = decoded(take_pictures(encoded(scene_with(quad)), quad, PictureSettings(plate_margin=0.5)).plate)
    height, width = image.shape[:2]
    assert width / height == pytest.approx((4 + 1) / (1 + 1), rel=0.05)
    at = {"plate": (0.6, 0.5), "mark": (0.5 / 5 + 0.1 * 4 / 5, 0.5), "above": (0.5, 0.1), "left": (0.03, 0.5)}
    seen = {name: image[round(y * height), round(x * width)].astype(int) for name, (x, y) in at.items()}
    expected = {"plate": PLATE, "mark": MARK, "above": BACKGROUND, "left": BACKGROUND}
    for name, color in expected.items():
        assert np.abs(seen[name] - color).max() < 40, name


@pytest.mark.parametrize(
    ("scale", "width"),
    [
        pytest.param(0.5, 160, id="a-far-plate-is-enlarged"),
        pytest.param(3.0, 300, id="as-it-is"),
        pytest.param(6.0, 480, id="a-near-one-is-reduced"),
    ],
)
def test_a_plate_is_as_wide_as_people_can_use(scale: float, width: int) -> None:
    quad = np.asarray((LEVEL - LEVEL[0]) * scale + 20, np.float32)
    assert straightened(scene_with(quad), quad, 0.0).shape[1] == width


def test_what_lies_outside_of_the_frame_is_black_and_not_made_up() -> None:
    quad = quad_of((0, 0), (200, 0), (200, 50), (0, 50))
    image = straightened(scene_with(quad), quad, 0.5)
    assert image[5, 120].max() == 0
    assert image[60, 120].min() > 200


def test_no_quad_makes_a_picture_that_is_too_large_or_none() -> None:
    for quad in (quad_of((9, 9), (9, 9), (9, 9), (9, 9)), quad_of((10, 10), (12, 10), (12, 700), (10, 700))):
        height, width = straightened(scene_with(LEVEL), quad, 2.0).shape[:2]
        assert 1 <= height <= 2500
        assert 1 <= width <= 2500


@pytest.mark.parametrize(
    ("width", "height", "shape"),
    [
        pytest.param(1280, 720, (540, 960), id="reduced"),
        pytest.param(720, 1280, (960, 540), id="upright"),
        pytest.param(800, 600, (600, 800), id="never-enlarged"),
    ],
)
def test_a_small_scene_is_the_whole_picture_with_its_longer_side_bounded(
    width: int, height: int, shape: tuple[int, int]
) -> None:
    scene = take_pictures(encoded(scene_with(LEVEL, width, height)), LEVEL, PictureSettings()).scene
    assert scene is not None
    assert decoded(scene).shape[:2] == shape


def test_no_scene_is_kept_where_none_is_wanted() -> None:
    assert take_pictures(encoded(scene_with(LEVEL)), LEVEL, PictureSettings(scene_longest_px=None)).scene is None


def test_the_same_look_gives_the_same_bytes() -> None:
    frame = encoded(scene_with(TILTED))
    assert take_pictures(frame, TILTED, PictureSettings()) == take_pictures(frame, TILTED, PictureSettings())


def test_a_camera_without_colours_gives_pictures_too() -> None:
    gray = np.asarray(cv2.cvtColor(scene_with(LEVEL), cv2.COLOR_BGR2GRAY), np.uint8)
    taken = take_pictures(encoded(gray), LEVEL, PictureSettings())
    assert decoded(taken.plate).shape[1] > 160
    assert taken.scene is not None


@pytest.mark.parametrize("frame", [b"", b"no picture", encoded(scene_with(LEVEL))[:40]])
def test_what_is_no_picture_is_refused(frame: bytes) -> None:
    with pytest.raises(UnreadableImageError, match="damaged"):
        take_pictures(frame, LEVEL, PictureSettings())
