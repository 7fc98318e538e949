"""Pictures and clips made on the spot, small and each unlike the others."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from connectors.decoder_noise import silence_decoders
from connectors.jpeg import BgrImage

FRAME_SIZE = (160, 120)


def gray_image(level: int, size: tuple[int, int] = FRAME_SIZE) -> BgrImage:
    image = np.full((size[1], size[0], 3), 40, np.uint8)
    cv2.rectangle(image, (level % 100, 20), (level % 100 + 50, 90), (level, 255 - level, 128), -1)
    return image


@pytest.fixture
def image() -> Callable[[int], BgrImage]:
    return gray_image


@pytest.fixture
def noise() -> BgrImage:
    """The hardest image to compress."""
    return np.random.default_rng(7).integers(0, 256, (720, 1280, 3), dtype=np.uint8)


@pytest.fixture
def jpeg() -> Callable[[int], bytes]:
    def make(level: int) -> bytes:
        return cv2.imencode(".jpg", gray_image(level))[1].tobytes()

    return make


@pytest.fixture
def bomb() -> bytes:
    """A PNG of 50 megapixels in its header, and of some bytes on disk."""
    header = struct.pack(">IIBBBBB", 10_000, 5_000, 8, 2, 0, 0, 0)

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    body = zlib.compress(bytes(1_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.fixture
def video(tmp_path: Path) -> Callable[..., Path]:
    """A clip of so many frames at so many frames per second."""

    def make(frames: int = 20, fps: float = 10.0, name: str = "clip.mp4") -> Path:
        path = tmp_path / name
        silence_decoders()  # FFmpeg asks how much it may say when it is first used, by whichever test that is
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), fps, FRAME_SIZE)
        for index in range(frames):
            writer.write(gray_image(index * 10 % 250))
        writer.release()
        return path

    return make


@pytest.fixture
def folder(tmp_path: Path, jpeg: Callable[[int], bytes]) -> Path:
    """Six good pictures whose names sort by number."""
    path = tmp_path / "pictures"
    path.mkdir()
    for index in range(6):
        (path / f"frame{index + 6}.jpg").write_bytes(jpeg(index * 30))
    return path
