"""Looks to passes: one `Detection` for each vehicle that goes by a camera, in event time.

A pass goes out as soon as its looks agree (revision 1), and again, as `final`, when it has ended. All state of a camera
is one value that can be written down and taken up again (`Passes`), so a killed worker resumes where it was: a frame
that was already counted is recognised as a repeat, and a pass that was cut in two by the crash is still one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

import msgspec

from infra.settings.pipeline import RecognitionSettings
from recognizers.fold import FOLD_VERSION, fold
from recognizers.grammar import issued_formats
from recognizers.image_quality import WANTED_WIDTH_PX
from recognizers.issuers import fuse_issuers, told_code
from recognizers.jurisdictions import NO_PLATE
from recognizers.plate import Candidate, Issuer, Lattice, Look, PixelBox
from recognizers.reader import LEAST_ISSUER
from recognizers.tracker import Position, Sighting, Trail, assign
from recognizers.voting import Vote, best_texts, fuse
from streams.records import (
    Box,
    Detection,
    Frame,
    FrameReference,
    ImageQuality,
    PlateCandidate,
    StateCandidate,
    event_id,
)

MAX_LOOKS = 12
"""Looks kept of one pass, the best ones: more change no read, but make every fusion and every snapshot dearer."""

_CANDIDATES = 10
_STATE_CANDIDATES = 5


class DetectionStage(Enum):
    """Which revision of a pass is told."""

    FIRST = auto()
    FINAL = auto()


class SeenLook(msgspec.Struct, frozen=True, kw_only=True):
    """One look that a pass remembers."""

    sequence: int
    captured_at: datetime
    received_at: datetime
    box: Box
    text: str
    confidence: float
    lattice: tuple[dict[str, float], ...]
    plate_score: float
    issuers: tuple[tuple[str, float], ...]
    """Code and probability of each jurisdiction that may have issued the plate."""
    quality: ImageQuality
    weight: float


class Pass(msgspec.Struct, frozen=True, kw_only=True):
    """A vehicle that is going by."""

    id: str
    first_seen_at: datetime
    last_seen_at: datetime
    looks: int
    best: tuple[SeenLook, ...]
    trail: tuple[tuple[float, Box], ...]
    """Its last two positions: event time in seconds, and box."""
    revision: int = 0
    told: tuple[str, ...] = ()
    """The plates that its revisions so far read."""


class Passes(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of one camera: the time of its newest frame, and the passes that are open."""

    newest: tuple[datetime, int] | None = None
    """When the newest frame was received, and its sequence: the camera's own clock may be set back."""
    open: tuple[Pass, ...] = ()


class PassResult(msgspec.Struct, frozen=True):
    """The camera's state after a frame, and what is to be told."""

    passes: Passes
    detections: tuple[Detection, ...]


def restore(saved: bytes | None) -> Passes | None:
    """The camera's state as it was written down; a fresh one where there is none yet.

    None: it was written by another version and cannot be read; its open passes will be told as two.
    """
    if saved is None:
        return Passes()
    try:
        return msgspec.msgpack.decode(saved, type=Passes)
    except msgspec.MsgspecError:
        return None


def is_repeat(passes: Passes, frame: Frame) -> bool:
    """True for a frame that was not received after one that was counted: a redelivery."""
    return passes.newest is not None and (frame.received_at, frame.sequence) <= passes.newest


@dataclass(frozen=True, slots=True)
class FusedRead:
    """What all looks of a pass say together."""

    lattice: Lattice
    texts: tuple[Candidate, ...]
    """Best first."""
    issuers: tuple[Issuer, ...]
    """Best first."""


@dataclass(frozen=True, slots=True)
class PassAssembler:
    """Joins looks to passes. Pure: a camera's state goes in and comes out.

    Args:
        settings: thresholds and times.
        engine: name and version of the recogniser, for the record.
    """

    settings: RecognitionSettings
    engine: str

    def observe(self, passes: Passes, frame: Frame, looks: Sequence[Look]) -> PassResult:
        """Count one frame: join its looks to passes, end those that are over, tell what there is to tell.

        Args:
            passes: the camera's state so far.
            frame: the frame, or a tick, newer than all before it; its bytes are not looked at.
            looks: what was recognised in it.
        """
        detections: list[Detection] = []
        still_open: list[Pass] = []
        for one in passes.open:
            if self._is_over(one, frame.captured_at):
                detections += self._final(one, frame)
            else:
                still_open.append(one)
        for one in _joined(still_open, frame, looks, self.settings.min_read_confidence):
            first = self._first(one, frame)
            detections += first
            told = msgspec.structs.replace(one, revision=1, told=(first[0].plate,)) if first else one
            still_open = [*(other for other in still_open if other.id != one.id), told]
        return PassResult(Passes(newest=(frame.received_at, frame.sequence), open=tuple(still_open)), tuple(detections))

    def _is_over(self, one: Pass, now: datetime) -> bool:
        gap = now - one.last_seen_at
        length = now - one.first_seen_at
        return gap > timedelta(seconds=self.settings.gap_s) or length > timedelta(seconds=self.settings.max_pass_s)

    def _first(self, one: Pass, frame: Frame) -> list[Detection]:
        """Revision 1, where the looks so far agree well enough and it did not go out before."""
        if one.revision or one.looks < self.settings.first_revision_looks:
            return []
        read = self._fused(one)
        texts = read.texts
        if not texts or texts[0].confidence < self.settings.first_revision_confidence:
            return []
        if self._may_be_lettering(one, read):
            return []
        return [self._detection(one, frame, read, DetectionStage.FIRST)]

    def _final(self, one: Pass, frame: Frame) -> list[Detection]:
        """The last revision; none where the pass was never read well enough to count, and was not told of before."""
        read = self._fused(one)
        texts = read.texts
        if not texts:
            return []
        needed = self.settings.min_single_look_confidence if one.looks == 1 else self.settings.min_pass_confidence
        unsure = texts[0].confidence < needed or self._may_be_lettering(one, read)
        if not one.revision and unsure:
            return []
        return [self._detection(one, frame, read, DetectionStage.FINAL)]

    def _may_be_lettering(self, one: Pass, read: FusedRead) -> bool:
        """True for what may be a badge or a company's name: no issued format, and no look that is surely a plate."""
        if not self.settings.grammar or issued_formats().is_issued(read.texts[0].text, read.issuers):
            return False
        score = max(look.plate_score for look in one.best)
        return one.looks < self.settings.unknown_format_looks or score < self.settings.unknown_format_score

    def _fused(self, one: Pass) -> FusedRead:
        """The characters as they were seen, and the texts that they may be; the grammar weighs the texts alone."""
        lattice = fuse([Vote(look.lattice, look.weight) for look in one.best])
        texts = best_texts(lattice, _CANDIDATES)
        issuers = fuse_issuers([(tuple(Issuer(*each) for each in look.issuers), look.weight) for look in one.best])
        if not self.settings.grammar:
            return FusedRead(lattice, texts, issuers)
        settled = issued_formats().settle(texts, issuers)
        return FusedRead(lattice, settled.texts, settled.issuers)

    def _detection(self, one: Pass, frame: Frame, read: FusedRead, stage: DetectionStage) -> Detection:
        texts = read.texts
        best = _heaviest(one.best)
        return Detection(
            id=one.id,
            revision=one.revision + 1,
            final=stage is DetectionStage.FINAL,
            camera=frame.camera,
            captured_at=best.captured_at,
            received_at=best.received_at,
            first_seen_at=one.first_seen_at,
            last_seen_at=one.last_seen_at,
            decided_by=FrameReference(frame.sequence, frame.captured_at),
            plate=texts[0].text,
            plate_folded=fold(texts[0].text),
            fold_version=FOLD_VERSION,
            confidence=texts[0].confidence,
            lattice=tuple({c: round(p, 4) for c, p in column.items()} for column in read.lattice),
            candidates=tuple(PlateCandidate(text.text, text.confidence) for text in texts),
            earlier_plates=tuple(plate for plate in one.told if plate != texts[0].text),
            looks=one.looks,
            box=best.box,
            quality=best.quality,
            state=told_code(read.issuers, self.settings.min_state_confidence),
            state_candidates=_state_candidates(read.issuers),
            location=frame.location,
            engine=self.engine,
        )


def _joined(still_open: Sequence[Pass], frame: Frame, looks: Sequence[Look], sure: float) -> list[Pass]:
    """The passes that this frame's looks belong to, each with its look added; new ones where a sure look fits none.

    Looks that are less sure vote in passes that are open: by night and in rain there are hardly any others.
    """
    at_s = frame.captured_at.timestamp()
    trails = [
        Trail(
            tuple(Position(s, PixelBox(box.x, box.y, box.width, box.height)) for s, box in one.trail),
            _heaviest(one.best).text,
        )
        for one in still_open
    ]
    sightings = [Sighting(Position(at_s, look.plate.box), look.read.text) for look in looks]
    joined: list[Pass] = []
    for look, index in zip(looks, assign(trails, sightings), strict=True):
        seen = _seen(look, frame)
        if index is None and seen.confidence >= sure:
            joined.append(_opened(frame, seen, len(joined)))
        elif index is not None:
            joined.append(_extended(still_open[index], frame, seen))
    return joined


def _state_candidates(issuers: Sequence[Issuer]) -> tuple[StateCandidate, ...]:
    likely = [one for one in issuers if one.code != NO_PLATE and one.probability >= LEAST_ISSUER]
    return tuple(StateCandidate(one.code, round(one.probability, 4)) for one in likely[:_STATE_CANDIDATES])


def box_of(look: Look) -> Box:
    """The look's box as it is remembered and told: to a tenth of a pixel."""
    box = look.plate.box
    return Box(round(box.x, 1), round(box.y, 1), round(box.width, 1), round(box.height, 1))


def _seen(look: Look, frame: Frame) -> SeenLook:
    width = min(1.0, look.quality.plate_width_px / WANTED_WIDTH_PX)
    return SeenLook(
        sequence=frame.sequence,
        captured_at=frame.captured_at,
        received_at=frame.received_at,
        box=box_of(look),
        text=look.read.text,
        confidence=look.read.confidence,
        lattice=tuple({c: round(p, 4) for c, p in column.items()} for column in look.read.lattice),
        plate_score=round(look.plate.score, 3),
        issuers=tuple((one.code, round(one.probability, 4)) for one in look.read.issuers),
        quality=ImageQuality(
            plate_width_px=round(look.quality.plate_width_px, 1),
            sharpness=round(look.quality.sharpness, 3),
            brightness=round(look.quality.brightness, 3),
            contrast=round(look.quality.contrast, 3),
            clipped=round(look.quality.clipped, 3),
        ),
        weight=round(max(0.05, width * math.sqrt(max(0.01, look.read.confidence))), 4),
    )


def _opened(frame: Frame, seen: SeenLook, ordinal: int) -> Pass:
    return Pass(
        id=event_id(frame.camera, frame.captured_at, ordinal),
        first_seen_at=frame.captured_at,
        last_seen_at=frame.captured_at,
        looks=1,
        best=(seen,),
        trail=((frame.captured_at.timestamp(), seen.box),),
    )


def _extended(one: Pass, frame: Frame, seen: SeenLook) -> Pass:
    best = sorted((*one.best, seen), key=lambda look: (-look.weight, look.sequence))[:MAX_LOOKS]
    return msgspec.structs.replace(
        one,
        last_seen_at=frame.captured_at,
        looks=one.looks + 1,
        best=tuple(best),
        trail=(*one.trail[-1:], (frame.captured_at.timestamp(), seen.box)),
    )


def _heaviest(looks: Sequence[SeenLook]) -> SeenLook:
    return max(looks, key=lambda look: (look.weight, -look.sequence))
