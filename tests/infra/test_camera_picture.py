from __future__ import annotations

import cv2
import numpy as np

from infra.camera_picture import draw_reads
from recognizers.picture_header import read_header
from recognizers.plate import DetectedPlate, Look, PlateRead
from recognizers.recognizer import FrameReads, Timings


def test_plates_are_marked_where_they_are() -> None:
    jpeg = cv2.imencode(".jpg", np.full((200, 400, 3), 128, np.uint8))[1].tobytes()
    quad = np.array([[100, 80], [200, 80], [200, 120], [100, 120]], np.float32)
    look = Look(DetectedPlate(quad, 0.9), PlateRead("ABC123", 0.99, (), ()), 100.0, 1.0)
    marked = draw_reads(jpeg, FrameReads(400, 200, (look,), Timings(0, 0, 0)))
    header = read_header(marked)
    assert header is not None
    assert (header.width, header.height, header.complete) == (400, 200, True)
    image = cv2.imdecode(np.frombuffer(marked, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    changed = np.abs(image.astype(int) - 128).max(axis=2) > 30
    assert changed[80, 150]
    assert not changed[150:, 250:].any()
