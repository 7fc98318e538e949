"""Frames through recognition to passes, in this process: what a recognition worker does, without Kafka around it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from infra.demo.report import ReadPass
from infra.settings.pipeline import RecognitionSettings
from recognizers.interpreter import weights_version
from recognizers.recognizer import Recognizer
from streams.passes import PassAssembler, Passes
from streams.records import Detection, Frame

_START = datetime(2026, 1, 1, tzinfo=UTC)
_TICKS_S = (2.0, 4.0, 6.0)  # after the last frame, as a recording's camera sends them


def read_passes(
    recognizer: Recognizer, frames: Iterable[tuple[float, bytes]], settings: RecognitionSettings
) -> list[ReadPass]:
    """The passes that are read in a recording, each as last told.

    Args:
        recognizer: finds and reads plates.
        frames: seconds since the start, rising, and the JPEG.
        settings: of recognition.
    """
    assembler = PassAssembler(settings, weights_version())
    passes, told = Passes(), dict[str, Detection]()
    at_s = 0.0
    for number, (at_s, jpeg) in enumerate(frames):
        looks = recognizer.recognize(jpeg).looks
        result = assembler.observe(passes, _frame(number, at_s, jpeg), looks)
        passes = result.passes
        told |= {detection.id: detection for detection in result.detections}
    for tick in _TICKS_S:
        result = assembler.observe(passes, _frame(2**31, at_s + tick, b""), ())
        passes = result.passes
        told |= {detection.id: detection for detection in result.detections}
    return [_read_pass(detection) for detection in told.values()]


def _frame(number: int, at_s: float, jpeg: bytes) -> Frame:
    at = _START + timedelta(seconds=at_s)
    return Frame(camera="bench", captured_at=at, received_at=at, sequence=number, jpeg=jpeg)


def _read_pass(detection: Detection) -> ReadPass:
    first, last = ((at - _START).total_seconds() for at in (detection.first_seen_at, detection.last_seen_at))
    return ReadPass(detection.id, detection.plate, first, last)
