from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from connectors.jpeg import FRAME_BYTES_MAX, BgrImage, encode_picture, fit_picture
from connectors.source import UnreadablePictureError
from recognizers.picture_header import read_header


def test_a_small_jpeg_is_passed_through_untouched(jpeg: Callable[[int], bytes]) -> None:
    data = jpeg(1)
    assert fit_picture(data, "a.jpg").jpeg is data


def test_a_picture_that_cannot_be_compressed_is_made_smaller_until_it_fits(noise: BgrImage) -> None:
    picture = encode_picture(noise)
    assert len(picture.jpeg) <= FRAME_BYTES_MAX
    assert picture.width < 1280
    header = read_header(picture.jpeg)
    assert header is not None
    assert (header.width, header.height) == (picture.width, picture.height)


def test_quality_goes_before_size(noise: BgrImage) -> None:
    soft = cv2.GaussianBlur(noise, (3, 3), 0).astype(np.uint8)
    limit = len(encode_picture(soft, quality=60, bytes_max=10**8).jpeg)
    picture = encode_picture(soft, quality=85, bytes_max=limit)
    assert (picture.width, picture.height) == (1280, 720)


def test_a_large_jpeg_is_encoded_again_to_fit(noise: BgrImage) -> None:
    large = cv2.imencode(".jpg", noise, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()
    assert len(large) > FRAME_BYTES_MAX
    assert len(fit_picture(large, "a.jpg").jpeg) <= FRAME_BYTES_MAX


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".webp"])
def test_other_formats_become_jpeg(suffix: str, image: Callable[[int], BgrImage]) -> None:
    picture = fit_picture(cv2.imencode(suffix, image(9))[1].tobytes(), "a")
    assert picture.jpeg.startswith(b"\xff\xd8\xff")
    assert (picture.width, picture.height) == (160, 120)


def test_bad_pictures_are_refused_in_one_sentence(jpeg: Callable[[int], bytes], bomb: bytes) -> None:
    table = {
        "is empty": b"",
        "is not a picture": b"hello, world",
        "is cut off": jpeg(1)[:-300],
        "50 megapixels": bomb,
    }
    for reason, data in table.items():
        with pytest.raises(UnreadablePictureError, match=reason) as caught:
            fit_picture(data, "a.jpg")
        assert "\n" not in str(caught.value)
        assert ";" in str(caught.value), "it says what to do"


def test_a_bomb_is_refused_before_it_is_unpacked(bomb: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("it was decoded"))
    with pytest.raises(UnreadablePictureError):
        fit_picture(bomb, "a.png")


def test_an_image_without_pixels_is_refused() -> None:
    with pytest.raises(UnreadablePictureError):
        encode_picture(np.zeros((0, 0, 3), np.uint8))
