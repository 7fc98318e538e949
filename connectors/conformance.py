"""What every frame source must do, as functions to call from a test: ours and third parties' sources pass them all.

    @pytest.mark.parametrize("law", RECORDING_LAWS)
    async def test_my_source_obeys(law: SourceLaw) -> None:
        await law(lambda resume_after: MySource("clip", resume_after=resume_after))

The factory makes a new source of the same recording at each call, of some frames and played flat out.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable

from connectors.jpeg import FRAME_BYTES_MAX
from connectors.source import CapturedFrame, FrameSource, SourceEndedError, SourcePosition, UnreadablePictureError
from recognizers.picture_header import read_header

SourceMaker = Callable[[SourcePosition | None], FrameSource]
"""Makes a closed source that goes on after a position, or begins at the beginning."""

SourceLaw = Callable[[SourceMaker], Awaitable[None]]

_LONGEST_S = 20.0
_HALF = 2


class ConformanceError(AssertionError):
    """The source breaks its contract; the message says which promise."""


async def frames_are_whole_and_rise_in_time(make: SourceMaker) -> None:
    """Every frame is a whole JPEG of the size it names, within the limit, and later than the one before."""
    frames = await play(make(None))
    _demand(bool(frames), "a source for this test gives some frames")
    for frame in frames:
        header = read_header(frame.jpeg)
        _demand(header is not None and header.complete, "a frame is a whole picture")
        _demand(header is not None and (header.width, header.height) == (frame.width, frame.height), "size is true")
        _demand(len(frame.jpeg) <= FRAME_BYTES_MAX, f"a frame has at most {FRAME_BYTES_MAX} bytes")
    _demand(_rises(frames), "capture times rise strictly")


async def resumes_after_the_last_frame_given(make: SourceMaker) -> None:
    """A new source at the position of the first one's half gives the other half, nothing twice and nothing left out."""
    whole = await play(make(None))
    first = make(None)
    await first.open()
    half = [await first.next_frame() for _ in range(len(whole) // _HALF)]
    position = first.position()
    await first.close()
    _demand(position is not None, "a recording has a position")
    rest = await play(make(position))
    _demand([frame.jpeg for frame in half + rest] == [frame.jpeg for frame in whole], "it resumes after the last frame")


async def goes_on_where_it_was_when_opened_again(make: SourceMaker) -> None:
    """Closed in the middle and opened again, it gives the rest, with times that go on rising."""
    whole = await play(make(None))
    source = make(None)
    await source.open()
    half = [await source.next_frame() for _ in range(len(whole) // _HALF)]
    await source.close()
    frames = half + await play(source)
    _demand([frame.jpeg for frame in frames] == [frame.jpeg for frame in whole], "it goes on after a close")
    _demand(_rises(frames), "capture times rise over a close")


async def starts_over_after_its_end(make: SourceMaker) -> None:
    """Opened again after its end, it gives the same pictures at later times."""
    source = make(None)
    first, second = await play(source), await play(source)
    _demand([frame.jpeg for frame in first] == [frame.jpeg for frame in second], "it starts over after its end")
    _demand(_rises(first + second), "capture times rise over the start")


async def loses_nothing_when_a_call_is_cancelled(make: SourceMaker) -> None:
    """A `next_frame` that is cancelled at any of its waits takes no frame with it."""
    whole = await play(make(None))
    source = make(None)
    await source.open()
    for turns in range(4):
        call = asyncio.ensure_future(source.next_frame())
        for _ in range(turns):
            await asyncio.sleep(0)
        if call.done():
            whole.pop(0)
        call.cancel()
        await asyncio.wait({call})
    rest = await play(source, opened=True)
    _demand([frame.jpeg for frame in rest] == [frame.jpeg for frame in whole], "a cancelled call loses no frame")


async def closes_at_any_time(make: SourceMaker) -> None:
    """`close` is fine before `open`, twice, and in the middle."""
    source = make(None)
    await source.close()
    await source.open()
    await source.next_frame()
    await source.close()
    await source.close()


async def leaves_no_task_behind(make: SourceMaker) -> None:
    """After `close` nothing of the source runs in the event loop, even when a call was under way."""
    before = asyncio.all_tasks()
    source = make(None)
    await source.open()
    call = asyncio.ensure_future(source.next_frame())
    await asyncio.sleep(0)
    call.cancel()
    await asyncio.wait({call})
    await source.close()
    _demand(asyncio.all_tasks() == before, "no task is left behind")


RECORDING_LAWS: tuple[SourceLaw, ...] = (
    frames_are_whole_and_rise_in_time,
    resumes_after_the_last_frame_given,
    goes_on_where_it_was_when_opened_again,
    starts_over_after_its_end,
    loses_nothing_when_a_call_is_cancelled,
    closes_at_any_time,
    leaves_no_task_behind,
)
"""For sources that end and give a position."""

LIVE_LAWS: tuple[SourceLaw, ...] = (closes_at_any_time,)
"""For sources that have no position; how they meet silence and loss needs a server to test against."""


async def play(source: FrameSource, *, opened: bool = False) -> list[CapturedFrame]:
    """All frames up to the end, without those that cannot be read; the source is closed afterwards."""
    frames: list[CapturedFrame] = []
    try:
        async with asyncio.timeout(_LONGEST_S):
            if not opened:
                await source.open()
            while True:
                try:
                    frames.append(await source.next_frame())
                except UnreadablePictureError:
                    continue
                except SourceEndedError:
                    return frames
    finally:
        await source.close()


def _rises(frames: list[CapturedFrame]) -> bool:
    return all(before.captured_at < after.captured_at for before, after in itertools.pairwise(frames))


def _demand(holds: bool, promise: str) -> None:  # noqa: FBT001 - an assertion
    if not holds:
        msg = f"broken promise: {promise}"
        raise ConformanceError(msg)
