"""What is read in a picture, as it is told: the looks that count, with the texts that the grammar prefers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from infra.settings.pipeline import CameraSettings, RecognitionSettings
from recognizers.grammar import Grammar, Settled, issued_formats
from recognizers.issuers import likeliest, told_code
from recognizers.plate import GrayImage, Look, LookQuality, PlateRead
from recognizers.recognizer import Recognizer, RecognizerSettings
from recognizers.regions import Polygon, black_out
from streams.inference_stage import chain_settings


class ReadCandidate(msgspec.Struct, frozen=True):
    """A text that a plate may carry, and how probably."""

    plate: str
    confidence: float


class ReadPlate(msgspec.Struct, frozen=True, kw_only=True):
    """One plate of a picture; lengths are pixels of it."""

    plate: str
    confidence: float
    box: tuple[float, float, float, float]
    """x, y, width, height of the upright rectangle around the quad."""
    candidates: tuple[ReadCandidate, ...]
    """Best first; the first is the plate itself."""
    quad: tuple[tuple[float, float], ...]
    """Corners clockwise from the plate's own top left; may lie outside the picture."""
    state: str | None
    """State or country of issue, where it is told surely enough: `US-CA`, `DE`."""
    state_confidence: float | None
    """Of the likeliest state or country, whether it is told or not."""
    plate_width_px: float
    sharpness: float
    brightness: float
    contrast: float
    clipped: float
    """As `recognizers.plate.LookQuality`."""

    @property
    def quality(self) -> LookQuality:
        """How good the picture of the plate was."""
        return LookQuality(
            plate_width_px=self.plate_width_px,
            sharpness=self.sharpness,
            brightness=self.brightness,
            contrast=self.contrast,
            clipped=self.clipped,
        )


class PictureReads(msgspec.Struct, frozen=True):
    """One line of the results."""

    source: str
    ms: float
    """From the picture's bytes to its reads."""
    plates: tuple[ReadPlate, ...]
    """Ordered by how surely they are plates."""


@dataclass(frozen=True, slots=True)
class View:
    """How pictures are looked at: what is turned down and hidden, where plates count, which texts are preferred."""

    chain: RecognizerSettings
    grammar: Grammar | None
    """None: the texts stay as they were read."""
    recognition: RecognitionSettings
    privacy_masks: tuple[Polygon, ...] = ()
    region_of_interest: tuple[Polygon, ...] = ()


def build_view(recognition: RecognitionSettings, camera: CameraSettings | None = None) -> View:
    """What the settings say of the pictures of a camera, or of none."""
    return View(
        chain=chain_settings(recognition),
        grammar=issued_formats() if recognition.grammar else None,
        recognition=recognition,
        privacy_masks=camera.privacy_masks if camera else (),
        region_of_interest=camera.region_of_interest if camera else (),
    )


def plates_in(image: GrayImage, recognizer: Recognizer, view: View) -> tuple[ReadPlate, ...]:
    """The plates of a picture as the view has it."""
    shown = black_out(image, view.privacy_masks) if view.privacy_masks else image
    return plates_of(recognizer.recognize_image(shown, view.region_of_interest).looks, view)


def plates_of(looks: Sequence[Look], view: View) -> tuple[ReadPlate, ...]:
    """The looks as they are told, without what is more likely a badge or a sign than a plate."""
    sure = (look for look in looks if look.read.confidence >= view.recognition.min_read_confidence)
    settled = ((look, settle(look.read, view)) for look in sure)
    return tuple(_plate(look, read, view) for look, read in settled if not _may_be_lettering(look, read, view))


def settle(read: PlateRead, view: View) -> Settled:
    """Texts and issuers as the grammar weighs them, or as they were read."""
    return (
        view.grammar.settle(read.candidates, read.issuers) if view.grammar else Settled(read.candidates, read.issuers)
    )


def _may_be_lettering(look: Look, read: Settled, view: View) -> bool:
    """True for a text of no issued format where the detector was not sure of a plate: a name, a slogan, a number."""
    if view.grammar is None or not read.texts or view.grammar.is_issued(read.texts[0].text, read.issuers):
        return False
    return look.plate.score < view.recognition.unknown_format_score


def _plate(look: Look, settled: Settled, view: View) -> ReadPlate:
    read, texts, best = look.read, settled.texts, likeliest(settled.issuers)
    box = look.plate.box
    return ReadPlate(
        plate=texts[0].text if texts else read.text,
        confidence=round(texts[0].confidence if texts else read.confidence, 4),
        box=(round(box.x, 1), round(box.y, 1), round(box.width, 1), round(box.height, 1)),
        candidates=tuple(ReadCandidate(text.text, round(text.confidence, 4)) for text in texts),
        quad=tuple((round(float(x), 1), round(float(y), 1)) for x, y in look.plate.quad),
        state=told_code(settled.issuers, view.recognition.min_state_confidence),
        state_confidence=round(best.probability, 4) if best is not None else None,
        plate_width_px=round(look.quality.plate_width_px, 1),
        sharpness=round(look.quality.sharpness, 3),
        brightness=round(look.quality.brightness, 3),
        contrast=round(look.quality.contrast, 3),
        clipped=round(look.quality.clipped, 3),
    )
