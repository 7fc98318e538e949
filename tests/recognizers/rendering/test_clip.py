from __future__ import annotations

import dataclasses
from pathlib import Path

import cv2
import numpy as np
import pytest

from recognizers.rendering.clip import Clip, render_clip, render_frames
from recognizers.rendering.clip_spec import ClipSpec
from recognizers.rendering.colours import ColourImage
from recognizers.rendering.daylight import Light, Weather
from recognizers.rendering.errors import ClipSpecError, ClipWriteError, TruthError
from recognizers.rendering.truth import load_truth

SPEC = ClipSpec(
    name="short",
    seed=8,
    seconds=4,
    fps=5,
    width=480,
    height=270,
    vehicles_per_minute=22,
    slowest_kmh=40,
    fastest_kmh=60,
)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    return render_clip(SPEC, tmp_path_factory.mktemp("clip"))


def _frames(video: Path) -> list[ColourImage]:
    capture = cv2.VideoCapture(str(video))
    frames: list[ColourImage] = []
    while True:
        there, frame = capture.read()
        if not there:
            capture.release()
            return frames
        frames.append(np.asarray(frame, np.uint8))


def test_the_video_has_the_frames_that_the_truth_tells_of(clip: Clip) -> None:
    frames = _frames(clip.video)
    assert len(frames) == SPEC.frame_count == len(clip.truth.frames)
    assert frames[0].shape == (SPEC.height, SPEC.width, 3)


def test_the_truth_file_comes_back_as_it_was(clip: Clip) -> None:
    assert load_truth(clip.truth_file) == clip.truth


def test_boxes_lie_in_the_frame_and_hold_something_bright_and_dark(clip: Clip) -> None:
    frames = _frames(clip.video)
    seen = 0
    for frame, plates in zip(frames, clip.truth.frames, strict=True):
        for plate in plates:
            x, y, width, height = plate.box
            assert x >= 0
            assert y >= 0
            assert x + width <= SPEC.width + 0.01
            assert y + height <= SPEC.height + 0.01
            if plate.visible > 0.98 and plate.width_px > 24:
                crop = frame[int(y) : int(y + height), int(x) : int(x + width)]
                assert crop.std() > 10
                seen += 1
    assert seen > 0


def test_the_plate_stands_where_the_truth_says() -> None:
    frames = list(render_frames(dataclasses.replace(SPEC, seconds=6, vehicles_per_minute=10)))
    here = max(frames, key=lambda frame: max((plate.width_px for plate in frame.plates), default=0))
    plate = here.plates[0]
    empty = next(frame.image for frame in frames if not frame.plates)
    x, y, width, height = (round(side) for side in plate.box)
    region = np.s_[y : y + height, x : x + width]
    assert np.abs(here.image[region].astype(int) - empty[region]).mean() > 15


def test_passes_are_read_off_the_frames(clip: Clip) -> None:
    assert clip.truth.passes
    for each in clip.truth.passes:
        readable = [
            number
            for number, plates in enumerate(clip.truth.frames)
            if any(plate.pass_id == each.pass_id and plate.width_px >= 30 and plate.visible > 0.98 for plate in plates)
        ]
        assert (each.first_frame, each.last_frame) == (readable[0], readable[-1])
        assert each.first_s == pytest.approx(each.first_frame / SPEC.fps, abs=0.001)


def test_one_spec_gives_one_clip() -> None:
    first, second = (next(iter(render_frames(SPEC))) for _ in range(2))
    assert np.array_equal(first.image, second.image)
    other = next(iter(render_frames(dataclasses.replace(SPEC, seed=9))))
    assert not np.array_equal(first.image, other.image)


@pytest.mark.parametrize(
    ("light", "weather"),
    [
        (Light.DAY, Weather.OVERCAST),
        (Light.DUSK, Weather.RAIN),
        (Light.NIGHT, Weather.CLEAR),
        (Light.INFRARED, Weather.RAIN),
    ],
)
def test_every_light_and_weather_is_drawn(light: Light, weather: Weather) -> None:
    small = dataclasses.replace(SPEC, light=light, weather=weather, width=320, height=240, seconds=2, fps=1)
    frames = list(render_frames(small))
    assert len(frames) == 2
    assert all(frame.image.std() > 2 for frame in frames)


def test_a_repeated_vehicle_carries_the_same_plate() -> None:
    spec = dataclasses.replace(SPEC, seconds=12, fps=2, width=320, height=240, vehicles_per_minute=10, repeats=1)
    plates = [plate for frame in render_frames(spec) for plate in frame.plates]
    assert len({plate.pass_id for plate in plates}) == 2
    assert len({plate.text for plate in plates}) == 1


def test_progress_is_told_for_every_frame(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    small = dataclasses.replace(SPEC, seconds=2, fps=2, width=320, height=240)
    render_clip(small, tmp_path / "new", lambda done, total: told.append((done, total)))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_too_many_vehicles_for_the_road_are_refused() -> None:
    crowded = dataclasses.replace(SPEC, seconds=30, vehicles_per_minute=40, lanes=1, slowest_kmh=10, fastest_kmh=15)
    with pytest.raises(ClipSpecError, match="ask for fewer"):
        render_frames(crowded)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ClipWriteError, match="cannot be made"):
        render_clip(SPEC, tmp_path / "file")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(None, "cannot be read", id="missing"),
        pytest.param(b"no json", "is not one of a rendered clip", id="no json"),
        pytest.param(b'{"version":1}', "is not one of a rendered clip", id="fields missing"),
    ],
)
def test_a_wrong_truth_file_is_refused(tmp_path: Path, content: bytes | None, says: str) -> None:
    path = tmp_path / "clip.truth.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TruthError, match=says):
        load_truth(path)


@pytest.mark.parametrize(
    ("change", "says"),
    [(('"version":1', '"version":99'), "of version 99"), (('"frame_count":20', '"frame_count":7'), "of 7")],
)
def test_a_truth_file_that_contradicts_itself_is_refused(
    clip: Clip, tmp_path: Path, change: tuple[str, str], says: str
) -> None:
    path = tmp_path / "clip.truth.json"
    path.write_text(clip.truth_file.read_text().replace(*change))
    with pytest.raises(TruthError, match=says):
        load_truth(path)
