from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.source import SourceUnreadableError
from connectors.video_frames import VideoFrames


def test_every_frame_is_given_once_with_its_number_and_a_time_that_rises(video: Callable[..., Path]) -> None:
    frames = VideoFrames(str(video(frames=5, fps=10)))
    seen = []
    while frames.grab():
        seen.append((frames.index, round(frames.media_s, 3), frames.retrieve().shape))
    frames.check_complete()
    assert frames.expected == 5
    frames.release()
    assert seen == [(index, index / 10, (120, 160, 3)) for index in range(5)]


@pytest.mark.parametrize(
    "content", [b"", b"a line of text\n" * 1000, bytes(range(256)) * 100], ids=["nothing", "text", "random-bytes"]
)
def test_what_is_no_video_is_refused_by_name(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bad.mp4"
    path.write_bytes(content)
    with pytest.raises(SourceUnreadableError, match=r"bad\.mp4 is no video"):
        VideoFrames(str(path))
