"""What is on a plate besides its face and characters: screws, stickers, dealers' frames, dirt, dents, uneven light."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizers.rendering.chance import happens, pick
from recognizers.rendering.colours import Bgr, FloatImage, blend
from recognizers.rendering.glyphs import word
from recognizers.rendering.layouts import Layout, Style

_DEALERS = (
    "AUTOHAUS", "MOTORS", "TOYOTA OF DAYTON", "www.autonation.com", "HONDA", "FORD COUNTRY", "CHEVROLET", "Lexus",
    "CAR CITY", "Premium Autos", "BMW CENTER", "VOLKSWAGEN", "Garage Dupont", "AUTO SALON", "SUBARU", "Drive Safely",
    "ALUMNI", "UNIVERSITY",
)  # fmt: skip
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_LEAST_WORD_ROOM = 9  # pixels of a frame's bar; thinner ones carry no words
_STICKER_COLOURS: tuple[Bgr, ...] = (
    (40, 190, 245), (40, 40, 200), (170, 90, 30), (60, 150, 60), (235, 235, 235), (30, 120, 240), (150, 60, 140),
)  # fmt: skip


def add_screws(image: FloatImage, layout: Layout, rng: np.random.Generator) -> None:
    """Two or four bolts where the layout's holes are, bright, dark or rusty."""
    height, width = image.shape[:2]
    x = 0.16 * width if layout.style is Style.US else 0.12 * width
    rows = (0.09 * height, 0.91 * height) if layout.style is Style.US else (0.5 * height,)
    if layout.style is Style.US and happens(rng, 0.45):
        rows = rows[:1]
    colour = float(rng.uniform(40, 210))
    radius = int(rng.integers(3, 7))
    for y in rows:
        for centre in ((round(x), round(y)), (round(width - x), round(y))):
            cv2.circle(image, centre, radius, (colour * 0.9, colour * 0.95, colour), -1, cv2.LINE_AA)
            cv2.circle(image, centre, radius, (colour * 0.4, colour * 0.4, colour * 0.45), 1, cv2.LINE_AA)


def add_stickers(image: FloatImage, layout: Layout, rng: np.random.Generator) -> None:
    """One to three small things in the corners: registration stickers, the month, a serial, in print nobody reads."""
    height, width = image.shape[:2]
    for _ in range(int(rng.integers(1, 4))):
        sticker_height = int(height * rng.uniform(0.1, 0.2))
        sticker_width = int(sticker_height * rng.uniform(1.0, 2.0))
        x = int(rng.uniform(0.01, 0.05) * width)
        if happens(rng, 0.5):
            x = width - x - sticker_width
        upper = happens(rng, 0.5) or layout.style is not Style.US
        y = int(0.03 * height) if upper else height - sticker_height - int(0.03 * height)
        target = image[y : y + sticker_height, x : x + sticker_width]
        if happens(rng, 0.8):
            target[:] = pick(_STICKER_COLOURS, rng)
        text = pick(_MONTHS, rng) if happens(rng, 0.35) else str(rng.integers(1, 100))
        mask = word("Barlow-SemiBold", text, int(sticker_height * 0.75), int(sticker_width * 0.85))
        top, left = (sticker_height - mask.shape[0]) // 2, (sticker_width - mask.shape[1]) // 2
        ink = (25.0, 25.0, 25.0) if float(target.mean()) > 100 else (235.0, 235.0, 235.0)  # noqa: PLR2004
        blend(target[top : top + mask.shape[0], left : left + mask.shape[1]], mask, ink)


def add_frame(image: FloatImage, rng: np.random.Generator) -> None:
    """A dealer's frame around the plate, which hides the rim and often the words."""
    height, width = image.shape[:2]
    shade = float(rng.choice([28, 40, 60, 150, 190]))
    colour = (shade, shade, shade)
    bottom = int(height * rng.uniform(0.06, 0.16))
    top = int(height * rng.uniform(0.03, 0.14))
    side = int(height * rng.uniform(0.03, 0.06))
    image[:top], image[height - bottom :], image[:, :side], image[:, width - side :] = colour, colour, colour, colour
    light = (225.0, 225.0, 228.0) if shade < 100 else (35.0, 32.0, 30.0)  # noqa: PLR2004
    for y, room in ((0, top), (height - bottom, bottom)):
        if room < _LEAST_WORD_ROOM or happens(rng, 0.3):
            continue
        text = pick(_DEALERS, rng)
        mask = word("DejaVuSansCondensed-Bold", text, int(room * 0.66), int(width * 0.7))
        x, row = (width - mask.shape[1]) // 2, y + (room - mask.shape[0]) // 2
        blend(image[row : row + mask.shape[0], x : x + mask.shape[1]], mask, light)


@lru_cache(maxsize=64)
def _stain(number: int) -> NDArray[np.float32]:
    """One of a fixed stock of cloudy patterns, 64 x 128, in 0..1."""
    rng = np.random.default_rng(number)
    coarse = cv2.resize(rng.random((4, 8), np.float32), (128, 64), interpolation=cv2.INTER_CUBIC)
    fine = cv2.resize(rng.random((16, 32), np.float32), (128, 64), interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.clip(0.7 * coarse + 0.3 * fine, 0, 1), np.float32)


def add_dirt(image: FloatImage, amount: float, rng: np.random.Generator) -> None:
    """Clouds of dust, thicker toward the lower edge, and some spatters; `amount` in 0..1."""
    height, width = image.shape[:2]
    stain = cv2.resize(_stain(int(rng.integers(64))), (width, height), interpolation=cv2.INTER_LINEAR)
    share = (amount * np.clip(stain * 1.6 - 0.5, 0, 1))[:, :, None]
    dust = np.array(rng.uniform((60, 80, 95), (110, 130, 145)), np.float32)
    image += (dust - image) * share.astype(np.float32)
    for _ in range(int(rng.integers(0, 1 + int(14 * amount)))):
        centre = int(rng.integers(width)), int(rng.integers(height))
        cv2.circle(image, centre, int(rng.integers(1, 4)), tuple(float(value) for value in dust * 0.8), -1, cv2.LINE_AA)


def shade(image: FloatImage, rng: np.random.Generator) -> None:
    """Uneven light and slight dents: a smooth field of brightness."""
    height, width = image.shape[:2]
    field = cv2.resize(_stain(int(rng.integers(64)))[:3, :5], (width, height), interpolation=cv2.INTER_LINEAR)
    slope = np.linspace(-1, 1, height, dtype=np.float32)[:, None] * float(rng.uniform(-0.12, 0.08))
    image *= (1 + slope + float(rng.uniform(0, 0.16)) * (field - 0.5))[:, :, None]
