"""A picture of what is read in one frame: each plate outlined, its text above it, the region around."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.jpeg import decode_picture, encode_picture
from infra.recognize.marking import mark
from infra.recognize.plates import ReadPlate, View, plates_in
from recognizers.image_quality import advise
from recognizers.images import decode_gray
from recognizers.plate import WeightsError
from recognizers.recognizer import build_recognizer


@dataclass(frozen=True, slots=True)
class CheckedPicture:
    """A camera's picture, what is read in it, and what would make it better."""

    jpeg: bytes
    """With the plates outlined and the region drawn."""
    plates: str
    advice: tuple[str, ...]


def check_picture(jpeg: bytes, view: View) -> CheckedPicture:
    """Read the picture and judge its plates; where there are no models, the words say so."""
    plates: tuple[ReadPlate, ...] = ()
    try:
        plates = plates_in(decode_gray(jpeg), build_recognizer(view.chain), view)
        words = ", ".join(f"{plate.plate} ({plate.confidence:.0%})" for plate in plates) or _none(view)
    except WeightsError as error:
        words = f"not looked for: {error}"
    if not plates and not view.region_of_interest:
        return CheckedPicture(jpeg, words, ())
    marked = mark(decode_picture(jpeg, "the frame"), plates, view.region_of_interest)
    return CheckedPicture(encode_picture(marked, quality=90).jpeg, words, _advice(plates))


def _advice(plates: Sequence[ReadPlate]) -> tuple[str, ...]:
    """What the middle one of the plates would need: one that is far away or half out of sight says little."""
    if not plates:
        return ()
    qualities = [plate.quality for plate in plates]
    return advise(sorted(qualities, key=lambda quality: quality.plate_width_px)[len(qualities) // 2])


def _none(view: View) -> str:
    return "none in the region of interest of this frame" if view.region_of_interest else "none in this frame"
