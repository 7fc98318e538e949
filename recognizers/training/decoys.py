"""Things on vehicles and pictures that look like plates and are none: badges, stickers, lamps, captions, signs."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizers.plate import ALPHABET, GrayImage
from recognizers.rendering.glyphs import font_index, word
from recognizers.training.augmentation import blur_focus

# What stands on vehicles besides plates; single words, so that no plate is taught away.
WORDS = (
    "TOYOTA", "FORD", "HONDA", "SKODA", "RENAULT", "FIAT", "OPEL", "VOLVO", "SUBARU", "HYUNDAI", "NISSAN", "MAZDA",
    "CHEVROLET", "DODGE", "RAM", "JEEP", "GMC", "KIA", "SEAT", "AUDI", "BMW", "SAAB", "TAXI", "POLICE", "FIESTA",
    "CIVIC", "GOLF", "TURBO", "TDI", "QUATTRO", "HYBRID", "SPORT", "LIMITED", "CAUTION", "SCHOOL", "BUS", "DELIVERY",
    "FOR SALE", "BABY ON BOARD", "SERVICE", "EXIT", "STOP", "PARKING", "ENTRADA", "SORTIE", "MOTORS", "RENT A CAR",
)  # fmt: skip


def add_decoy(image: GrayImage, rng: np.random.Generator) -> None:
    """Draw one decoy of a random kind at a random place, in place."""
    kinds: tuple[Callable[[GrayImage, np.random.Generator], None], ...] = (
        _badge, _badge, _badge, _sticker, _sticker, _lamps, _caption, _stripes, _sign, _blank_panel, _rails,
    )  # fmt: skip
    kinds[int(rng.integers(len(kinds)))](image, rng)


def _place(image: GrayImage, width: int, height: int, rng: np.random.Generator) -> NDArray[np.uint8] | None:
    rows, columns = image.shape
    if width < 4 or height < 3 or width >= columns or height >= rows:  # noqa: PLR2004 - nothing would be seen
        return None
    x, y = int(rng.integers(columns - width)), int(rng.integers(rows - height))
    return image[y : y + height, x : x + width]


def _ink(target: NDArray[np.uint8], mask: NDArray[np.uint8], tone: float, strength: float) -> None:
    share = mask.astype(np.float32) * (strength / 255)
    target[:] = (target * (1 - share) + tone * share).astype(np.uint8)


def _mask_of_word(text: str, height: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    fonts = tuple(font_index())
    drawn = word(fonts[int(rng.integers(len(fonts)))], text, 40, 600)
    width = max(4, round(drawn.shape[1] * height / drawn.shape[0] * rng.uniform(0.8, 1.6)))
    return np.asarray(cv2.resize(drawn, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _random_word(rng: np.random.Generator) -> str:
    return WORDS[int(rng.integers(len(WORDS)))]


def _badge(image: GrayImage, rng: np.random.Generator) -> None:
    """Letters straight on the paint, raised and shining, sometimes in an oval."""
    mask = _mask_of_word(_random_word(rng), int(np.exp(rng.uniform(np.log(4), np.log(36)))), rng)
    oval = rng.random() < 0.3  # noqa: PLR2004
    height, width = mask.shape
    pad_y, pad_x = (height // 2, width // 4) if oval else (0, 0)
    target = _place(image, width + 2 * pad_x, height + 2 * pad_y, rng)
    if target is None:
        return
    if oval:
        shape = np.zeros(target.shape, np.uint8)
        cv2.ellipse(
            shape,
            (target.shape[1] // 2, target.shape[0] // 2),
            (target.shape[1] // 2, target.shape[0] // 2),
            0,
            0,
            360,
            (255,),
            -1,
            cv2.LINE_AA,
        )
        _ink(target, shape, float(rng.uniform(0, 255)), float(rng.uniform(0.6, 1)))
    inner = target[pad_y : pad_y + height, pad_x : pad_x + width]
    ground = float(inner.mean())
    tone = rng.uniform(ground + 50, 255) if ground < 128 else rng.uniform(0, ground - 50)  # noqa: PLR2004
    if height > 8:  # noqa: PLR2004
        _ink(inner, np.roll(mask, 1, axis=0), 255 - tone, 0.5)
    _ink(inner, mask, float(tone), float(rng.uniform(0.6, 1.0)))


def _sticker(image: GrayImage, rng: np.random.Generator) -> None:
    """A panel with lines of small print."""
    width = int(np.exp(rng.uniform(np.log(12), np.log(140))))
    target = _place(image, width, max(3, int(width * rng.uniform(0.3, 1.2))), rng)
    if target is None:
        return
    ground = float(rng.uniform(0, 255))
    target[:] = int(ground)
    lines = int(rng.integers(2, 5))
    step = target.shape[0] / lines
    for number in range(lines):
        height = int(step * rng.uniform(0.3, 0.6))
        if height < 3:  # noqa: PLR2004
            continue
        mask = _mask_of_word(_random_word(rng), height, rng)[:, : int(target.shape[1] * 0.9)]
        x, y = int((target.shape[1] - mask.shape[1]) / 2), int(number * step + step * 0.2)
        _ink(target[y : y + height, x : x + mask.shape[1]], mask, 20 if ground > 110 else 235, 1.0)  # noqa: PLR2004


def _lamps(image: GrayImage, rng: np.random.Generator) -> None:
    """A row of bright dots or a glowing bar."""
    width = int(np.exp(rng.uniform(np.log(10), np.log(160))))
    height = max(3, int(width * rng.uniform(0.06, 0.35)))
    target = _place(image, width, height, rng)
    if target is None:
        return
    mask = np.zeros(target.shape, np.uint8)
    if rng.random() < 0.5:  # noqa: PLR2004
        cv2.rectangle(mask, (1, 1), (width - 2, height - 2), (255,), -1)
    else:
        radius = max(1, height // 3)
        for x in range(radius, width, max(3, int(radius * rng.uniform(2.2, 4)))):
            cv2.circle(mask, (x, height // 2), radius, (255,), -1, cv2.LINE_AA)
    _ink(target, blur_focus(mask, float(rng.uniform(0, 2.5))), float(rng.uniform(150, 255)), float(rng.uniform(0.5, 1)))


def _caption(image: GrayImage, rng: np.random.Generator) -> None:
    """The time and place that a camera writes into its pictures."""
    characters = "".join(rng.choice(list(ALPHABET[:10] + "   :-"), size=int(rng.integers(8, 24))))
    text = f"{_random_word(rng)} {characters}" if rng.random() < 0.4 else f"20{characters}".strip()  # noqa: PLR2004
    mask = _mask_of_word(text, int(rng.integers(7, 26)), rng)[: image.shape[0], : int(image.shape[1] * 0.9)]
    height, width = mask.shape
    x = int(rng.integers(0, max(1, image.shape[1] - width)))
    margin = min(int(rng.integers(0, 6)), image.shape[0] - height)
    y = margin if rng.random() < 0.5 else image.shape[0] - height - margin  # noqa: PLR2004
    target = image[y : y + height, x : x + width]
    if rng.random() < 0.6:  # noqa: PLR2004
        image[max(0, y - 3) : y + height + 3, max(0, x - 4) : x + width + 4] = 0
        _ink(target, mask, 245, 1.0)
    else:
        _ink(target, mask, float(rng.choice([0, 255])), 1.0)


def _stripes(image: GrayImage, rng: np.random.Generator) -> None:
    """A grille, a crossing, a barrier."""
    width = int(np.exp(rng.uniform(np.log(14), np.log(160))))
    target = _place(image, width, max(4, int(width * rng.uniform(0.15, 0.8))), rng)
    if target is None:
        return
    period, slant = rng.uniform(3, 20), rng.uniform(-1, 1)
    rows, columns = np.mgrid[: target.shape[0], : target.shape[1]]
    along = columns + slant * rows if rng.random() < 0.5 else rows + slant * columns  # noqa: PLR2004
    tones = rng.uniform(0, 255, 2)
    target[:] = np.where((along % period) < period * rng.uniform(0.3, 0.7), tones[0], tones[1]).astype(np.uint8)


def _sign(image: GrayImage, rng: np.random.Generator) -> None:
    """A round or square sign with one or two characters."""
    side = int(np.exp(rng.uniform(np.log(10), np.log(90))))
    target = _place(image, side, side, rng)
    if target is None:
        return
    shape = np.zeros(target.shape, np.uint8)
    if rng.random() < 0.6:  # noqa: PLR2004
        cv2.circle(shape, (side // 2, side // 2), side // 2, (255,), -1, cv2.LINE_AA)
    else:
        shape[:] = 255
    ground = float(rng.uniform(0, 255))
    _ink(target, shape, ground, 1.0)
    text = "".join(rng.choice(list(ALPHABET), size=int(rng.integers(1, 3))))
    mask = _mask_of_word(text, max(4, side // 2), rng)[:, : int(side * 0.8)]
    x, y = (side - mask.shape[1]) // 2, (side - mask.shape[0]) // 2
    _ink(target[y : y + mask.shape[0], x : x + mask.shape[1]], mask, 10 if ground > 110 else 240, 1.0)  # noqa: PLR2004


def _blank_panel(image: GrayImage, rng: np.random.Generator) -> None:
    """A panel of a plate's shape that carries nothing."""
    width = int(np.exp(rng.uniform(np.log(12), np.log(160))))
    target = _place(image, width, max(4, int(width / rng.uniform(1.3, 5))), rng)
    if target is None:
        return
    target[:] = np.clip(target * 0.15 + rng.uniform(0, 230), 0, 255).astype(np.uint8)


def _rails(image: GrayImage, rng: np.random.Generator) -> None:
    """Bars around an opening: a rail, a window, a gantry."""
    width = int(np.exp(rng.uniform(np.log(16), np.log(200))))
    target = _place(image, width, max(6, int(width / rng.uniform(1.2, 5))), rng)
    if target is None:
        return
    mask = np.zeros(target.shape, np.uint8)
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * 0.8 + rng.uniform(0, 0.2, (4, 2))
    corners = (corners * [target.shape[1] - 1, target.shape[0] - 1]).astype(np.int32)
    thickness = max(1, int(target.shape[0] * rng.uniform(0.04, 0.2)))
    cv2.polylines(mask, [corners], rng.random() < 0.7, (255,), thickness, cv2.LINE_AA)  # noqa: PLR2004
    if rng.random() < 0.3:  # noqa: PLR2004
        target[:] = np.clip(target * 0.4 + rng.uniform(60, 150), 0, 255).astype(np.uint8)
    _ink(target, mask, float(rng.uniform(0, 255)), float(rng.uniform(0.6, 1)))
