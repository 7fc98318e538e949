from __future__ import annotations

from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest

from connectors.conformance import RECORDING_LAWS, SourceLaw
from connectors.scripted_source import Drop, Fail, FailOpen, ScriptedSource, ScriptItem, Stall
from connectors.source import CapturedFrame, SourceRefusedError, SourceStalledError, UnreadablePictureError

START = datetime(2026, 11, 22, 12, tzinfo=UTC)


def frame(number: int) -> CapturedFrame:
    data = cv2.imencode(".jpg", np.full((8, 8, 3), number, np.uint8))[1].tobytes()
    return CapturedFrame(START + timedelta(milliseconds=100 * number), data, 8, 8)


SCRIPT: list[ScriptItem] = [
    frame(0),
    Stall(0.0),
    frame(1),
    Drop(2),
    frame(2),
    Fail(UnreadablePictureError("bad")),
    frame(3),
]


@pytest.mark.parametrize("law", RECORDING_LAWS[:1] + RECORDING_LAWS[3:])
async def test_a_script_obeys_the_contract(law: SourceLaw) -> None:
    await law(lambda resume_after: ScriptedSource(SCRIPT, resume_after=resume_after))


@pytest.mark.parametrize("law", RECORDING_LAWS)
async def test_a_script_of_frames_obeys_the_contract(law: SourceLaw) -> None:
    await law(lambda resume_after: ScriptedSource([frame(n) for n in range(5)], resume_after=resume_after))


async def test_drops_are_counted() -> None:
    source = ScriptedSource([Drop(3), frame(0)])
    await source.open()
    await source.next_frame()
    assert source.dropped == 3


async def test_a_connection_breaks_off_before_an_open_that_fails() -> None:
    source = ScriptedSource([frame(0), FailOpen(SourceRefusedError("no")), frame(1)], live=True)
    await source.open()
    await source.next_frame()
    with pytest.raises(SourceStalledError):
        await source.next_frame()
    with pytest.raises(SourceRefusedError):
        await source.open()
    await source.open()
    assert (await source.next_frame()).jpeg == frame(1).jpeg
    assert source.position() is None
