"""What is read in a picture, as it is told: the looks that count, with the texts that the grammar prefers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from infra.settings.pipeline import CameraSettings, RecognitionSettings
from recognizers.grammar import Grammar, issued_formats
from recognizers.jurisdictions import NO_PLATE
from recognizers.plate import GrayImage, Look, LookQuality
from recognizers.recognizer import Recognizer, RecognizerSettings
from recognizers.regions import Polygon, black_out, looks_within


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
        chain=RecognizerSettings(
            detection_threshold=recognition.min_plate_score, min_confidence=recognition.min_read_confidence
        ),
        grammar=issued_formats() if recognition.grammar else None,
        recognition=recognition,
        privacy_masks=camera.privacy_masks if camera else (),
        region_of_interest=camera.region_of_interest if camera else (),
    )


def plates_in(image: GrayImage, recognizer: Recognizer, view: View) -> tuple[ReadPlate, ...]:
    """The plates of a picture as the view has it."""
    reads = recognizer.recognize_image(black_out(image, view.privacy_masks) if view.privacy_masks else image)
    looks = looks_within(reads.looks, view.region_of_interest, (reads.width, reads.height))
    return plates_of(looks, view)


def plates_of(looks: Sequence[Look], view: View) -> tuple[ReadPlate, ...]:
    """The looks as they are told, without what is more likely a badge or a sign than a plate."""
    plates = ((look, _plate(look, view)) for look in looks)
    return tuple(plate for look, plate in plates if not _may_be_lettering(look, plate, view))


def _may_be_lettering(look: Look, plate: ReadPlate, view: View) -> bool:
    """True for a text of no issued format where the detector was not sure of a plate: a name, a slogan, a number."""
    if view.grammar is None or view.grammar.knows(plate.plate):
        return False
    return look.plate.score < view.recognition.unknown_format_score


def _plate(look: Look, view: View) -> ReadPlate:
    read, issuers = look.read, look.read.issuers
    texts = view.grammar.rerank(read.candidates, issuers) if view.grammar else read.candidates
    if view.grammar and texts:
        issuers = view.grammar.weigh_issuers(issuers, texts[0].text)
    likeliest = next((one for one in issuers if one.code != NO_PLATE), None)
    is_told = likeliest is not None and likeliest.probability >= view.recognition.min_state_confidence
    box = look.plate.box
    return ReadPlate(
        plate=texts[0].text if texts else read.text,
        confidence=round(texts[0].confidence if texts else read.confidence, 4),
        box=(round(box.x, 1), round(box.y, 1), round(box.width, 1), round(box.height, 1)),
        candidates=tuple(ReadCandidate(text.text, round(text.confidence, 4)) for text in texts),
        quad=tuple((round(float(x), 1), round(float(y), 1)) for x, y in look.plate.quad),
        state=likeliest.code if likeliest is not None and is_told else None,
        state_confidence=round(likeliest.probability, 4) if likeliest is not None else None,
        plate_width_px=round(look.quality.plate_width_px, 1),
        sharpness=round(look.quality.sharpness, 3),
        brightness=round(look.quality.brightness, 3),
        contrast=round(look.quality.contrast, 3),
        clipped=round(look.quality.clipped, 3),
    )
