"""`platewatch recognize` from outside: what it prints, what it writes, and how it ends."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from connectors.decoder_noise import silence_decoders
from infra.cli.main import main
from tests.infra.conftest import PlatePicture

Invoke = Callable[..., tuple[int, str, str]]

SETTINGS = """
cameras:
  - name: gate
    source: a.mp4
    region_of_interest: [[[0, 0], [1, 0], [1, 0.5], [0, 0.5]]]
  - name: yard
    source: a.mp4
    privacy_masks: [[[0.4, 0.6], [0.7, 0.6], [0.7, 0.9], [0.4, 0.9]]]
"""


@pytest.fixture(autouse=True)
def in_a_folder_with_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plate_picture: PlatePicture) -> None:
    monkeypatch.chdir(tmp_path)
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "p10.jpg").write_bytes(plate_picture.encoded())
    (photos / "p9.png").write_bytes(cv2.imencode(".png", np.full((90, 160, 3), 70, np.uint8))[1].tobytes())
    silence_decoders()  # FFmpeg asks how much it may say when it is first used, by whichever test that is
    writer = cv2.VideoWriter("clip.mp4", cv2.VideoWriter.fourcc(*"mp4v"), 10.0, (1280, 720))
    for _ in range(2):
        writer.write(plate_picture.image)
    writer.release()
    (tmp_path / "cameras.yaml").write_text(SETTINGS)
    (tmp_path / "torn.jpg").write_bytes(plate_picture.encoded()[:-100])


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Invoke:
    """Runs `platewatch recognize …`; gives exit code, output and errors."""

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["platewatch", "recognize", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfdbinary.readouterr()
        return int(ended.value.code or 0), out.decode(), err.decode()

    return run


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_pictures_folders_and_videos_give_a_line_for_each_picture(invoke: Invoke, plate_picture: PlatePicture) -> None:
    code, out, err = invoke("photos", "clip.mp4", "photos/p10.jpg")
    assert (code, err) == (0, "")
    read = {line["source"]: [plate["plate"] for plate in line["plates"]] for line in lines(out)}
    assert [line["source"] for line in lines(out)] == [
        *("photos/p9.png", "photos/p10.jpg", "clip.mp4#0", "clip.mp4#1", "photos/p10.jpg"),
    ]
    assert read["photos/p9.png"] == []
    assert read["photos/p10.jpg"] == read["clip.mp4#0"] == read["clip.mp4#1"] == [plate_picture.text]


def test_a_line_has_the_keys_that_scripts_rely_on(invoke: Invoke) -> None:
    _, out, _ = invoke("photos/p10.jpg")
    (line,) = lines(out)
    (plate,) = line["plates"]
    assert line.keys() == {"source", "ms", "plates"}
    assert line["ms"] > 0
    assert plate.keys() >= {"plate", "confidence", "box", "candidates"}
    x, y, width, height = plate["box"]
    assert x < 690 < x + width
    assert y < 520 < y + height
    assert plate["candidates"][0] == {"plate": plate["plate"], "confidence": plate["confidence"]}


def test_lines_go_to_the_file_that_is_named_and_to_nowhere_else(invoke: Invoke, tmp_path: Path) -> None:
    code, out, err = invoke("photos", "--jsonl", "reads.jsonl", "--threads", "2")
    assert (code, out, err) == (0, "", "")
    written = lines((tmp_path / "reads.jsonl").read_text())
    assert [line["source"] for line in written] == ["photos/p9.png", "photos/p10.jpg"]


def test_marked_copies_of_all_pictures_go_to_the_folder_that_is_named(invoke: Invoke, tmp_path: Path) -> None:
    code, _, _ = invoke("photos", "clip.mp4", "--annotate", "marked/reads")
    assert code == 0
    names = sorted(path.name for path in (tmp_path / "marked" / "reads").iterdir())
    assert names == ["clip.mp4-000000.jpg", "clip.mp4-000001.jpg", "p10.jpg", "p9.png"]
    before, after = cv2.imread("photos/p10.jpg"), cv2.imread("marked/reads/p10.jpg")
    assert before is not None
    assert after is not None
    assert np.abs(before.astype(int) - after).max() > 100


@pytest.mark.parametrize("camera", ["gate", "yard"])
def test_a_camera_s_region_and_masks_hold_for_pictures_too(camera: str, invoke: Invoke) -> None:
    code, out, _ = invoke("photos/p10.jpg", "--camera", camera, "--settings", "cameras.yaml")
    assert code == 0
    assert lines(out)[0]["plates"] == []


def test_the_grammar_can_be_left_out(invoke: Invoke, plate_picture: PlatePicture) -> None:
    code, out, _ = invoke("photos/p10.jpg", "--no-grammar")
    assert code == 0
    assert lines(out)[0]["plates"][0]["plate"] == plate_picture.text


def test_pictures_that_cannot_be_read_are_told_and_the_others_go_on(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no video\n" * 50)
    code, out, err = invoke("torn.jpg", "notes.txt", "photos/p10.jpg")
    assert code == 2
    assert [line["source"] for line in lines(out)] == ["photos/p10.jpg"]
    torn, notes = err.splitlines()
    assert torn.startswith("torn.jpg: the picture is cut off")
    assert notes.startswith("notes.txt is no video")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["gone.jpg"], "there is no file or folder gone.jpg", id="missing-path"),
        pytest.param(["empty"], "empty holds no pictures", id="empty-folder"),
        pytest.param(["--jsonl", "no/such/reads.jsonl"], "cannot be written", id="file-in-no-folder"),
        pytest.param(["--jsonl", "photos/p9.png"], "is the name of a picture", id="file-that-is-a-picture"),
        pytest.param(["--annotate", "cameras.yaml"], "cannot be written to", id="folder-that-is-a-file"),
        pytest.param(["--annotate", "photos"], "would write over them", id="folder-of-the-originals"),
        pytest.param(["--camera", "door", "--settings", "cameras.yaml"], "there is no camera 'door'", id="camera"),
        pytest.param(["--settings", "gone.yaml"], "gone.yaml cannot be read", id="settings"),
    ],
)
def test_what_cannot_be_done_is_said_before_any_picture_is_read(
    arguments: list[str], said: str, invoke: Invoke, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    code, out, err = invoke("photos", *arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.strip().splitlines()) == 1
    assert len(list((tmp_path / "photos").iterdir())) == 2


def test_in_a_terminal_people_get_a_table(tmp_path: Path, plate_picture: PlatePicture) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "infra.cli.main", "recognize", "photos", "torn.jpg"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3]), "TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        while part := _read(ours):
            shown += part
    os.close(ours)
    text = shown.decode()
    assert process.returncode == 2
    assert "confidence" in text
    assert plate_picture.text in text
    assert "torn.jpg: the picture is cut off" in text
    assert "3/3" in text, "the bar"
    assert '"plates"' not in text


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # Linux says so that the other end is closed
        return b""
