"""A camera's privacy masks: a source whose frames are blacked out there before anyone else sees them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from connectors.jpeg import EncodedPicture, decode_picture, encode_picture
from connectors.source import CapturedFrame, FrameSource, SourcePosition, UnreadablePictureError
from recognizers.regions import Polygon, black_out


class MaskedSource:
    """Gives the frames of another source with the pixels of `masks` black; obeys `FrameSource` as that one does.

    Owns the other source. Every frame is decoded, blacked out and encoded anew, in a thread, so that nothing of what it
    showed is left, metadata and embedded previews included. One that cannot be decoded is not given at all.
    """

    def __init__(self, source: FrameSource, masks: Sequence[Polygon], *, name: str, jpeg_quality: int = 85) -> None:
        self._source = source
        self._masks = masks
        self._name = name
        self._jpeg_quality = jpeg_quality
        self._taken: CapturedFrame | None = None
        self._before_taken: SourcePosition | None = None

    @property
    def dropped(self) -> int:
        """Frames that the other source discarded."""
        return self._source.dropped

    async def open(self) -> None:
        """Open the other source. Raises as `FrameSource.open`."""
        await self._source.open()

    async def next_frame(self) -> CapturedFrame:
        """The next frame, masked. Raises as `FrameSource.next_frame`; a frame that cannot be masked is unreadable."""
        if self._taken is None:
            self._before_taken = self._source.position()
            self._taken = await self._source.next_frame()
        taken = self._taken
        try:
            # Cancelled here, the frame stays taken, and the next call gives it.
            picture = await asyncio.to_thread(self._masked, taken.jpeg)
        except UnreadablePictureError:
            self._taken = None
            raise
        self._taken = None
        return CapturedFrame(taken.captured_at, picture.jpeg, picture.width, picture.height)

    def position(self) -> SourcePosition | None:
        """Where to resume after the last frame that was given."""
        return self._source.position() if self._taken is None else self._before_taken

    async def close(self) -> None:
        """Close the other source."""
        await self._source.close()

    def _masked(self, jpeg: bytes) -> EncodedPicture:
        image = decode_picture(jpeg, f"a frame of {self._name}")
        return encode_picture(black_out(image, self._masks), quality=self._jpeg_quality)
