"""A picture of what is read in one frame: each plate outlined, its text above it, the region around."""

from __future__ import annotations

from connectors.jpeg import decode_picture, encode_picture
from infra.recognize.marking import mark
from infra.recognize.plates import ReadPlate, View, plates_in
from recognizers.images import decode_gray
from recognizers.plate import WeightsError
from recognizers.recognizer import build_recognizer


def read_and_mark(jpeg: bytes, view: View) -> tuple[bytes, str]:
    """The picture with what is read in it, and that in words; where there are no models, the words say so."""
    plates: tuple[ReadPlate, ...] = ()
    try:
        plates = plates_in(decode_gray(jpeg), build_recognizer(view.chain), view)
        words = ", ".join(f"{plate.plate} ({plate.confidence:.0%})" for plate in plates) or _none(view)
    except WeightsError as error:
        words = f"not looked for: {error}"
    if not plates and not view.region_of_interest:
        return jpeg, words
    marked = mark(decode_picture(jpeg, "the frame"), plates, view.region_of_interest)
    return encode_picture(marked, quality=90).jpeg, words


def _none(view: View) -> str:
    return "none in the region of interest of this frame" if view.region_of_interest else "none in this frame"
