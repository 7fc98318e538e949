from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from infra.cli.main import main
from recognizers.picture_header import read_header

Invoke = Callable[..., tuple[int, str, str]]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "settings.yaml"
    path.write_text(
        "log: {level: error}\n"
        "cameras:\n"
        "  - {name: gate, source: 'rtsp://admin:s3cret@127.0.0.1:9/a', location: {lat: 1.5, lon: 2.5}}\n"
        "  - {name: bridge, source: clips/bridge.mp4}\n"
        f"publisher: {{spool_dir: {tmp_path / 'spool'}, delivery_timeout_s: 0.5}}\n"
        "kafka: {bootstrap: '127.0.0.1:9'}\n"
    )
    return path


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Invoke:
    """Runs `platewatch camera …`; gives exit code, output and errors."""

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["platewatch", "camera", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        return int(ended.value.code or 0), out, err

    return run


def test_cameras_are_listed_without_their_passwords(invoke: Invoke, settings: Path) -> None:
    code, out, _ = invoke("list", "--settings", settings)
    assert code == 0
    assert "gate" in out
    assert "bridge" in out
    assert "s3cret" not in out


def test_check_saves_a_picture_and_says_what_it_is(invoke: Invoke, settings: Path, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.jpg"), np.zeros((20, 30, 3), np.uint8))
    code, out, _ = invoke("check", "a.jpg", "--picture", "out.jpg", "--settings", settings)
    assert code == 0
    assert "30x20 pixels" in out
    assert read_header((tmp_path / "out.jpg").read_bytes()) is not None


def test_check_of_a_camera_blacks_out_its_masks_and_draws_its_region(invoke: Invoke, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.full((200, 400, 3), 128, np.uint8))
    (tmp_path / "yard.yaml").write_text(
        "cameras:\n"
        f"  - name: yard\n    source: {tmp_path / 'a.png'}\n"
        "    privacy_masks: [[[0, 0], [0.25, 0], [0.25, 1], [0, 1]]]\n"
        "    region_of_interest: [[[0.5, 0.5], [0.9, 0.5], [0.9, 0.9], [0.5, 0.9]]]\n"
    )
    code, out, err = invoke("check", "yard", "--picture", tmp_path / "out.jpg", "--settings", tmp_path / "yard.yaml")
    assert (code, err) == (0, "")
    assert "none in the region of interest" in out
    image = cv2.imread(str(tmp_path / "out.jpg"))
    assert image is not None
    assert image[:, :90].max() < 20
    assert image[100, 280].max() > 200
    assert abs(int(image[50, 200].max()) - 128) < 10


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_what_cannot_be_done_is_one_line_and_an_exit_code(invoke: Invoke, settings: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.mp4").write_bytes(b"no video")
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.yaml").write_text("kafka: [")
    table: list[tuple[str, list[str | Path]]] = [
        ("no video", ["check", "bad.mp4"]),
        ("is empty", ["check", "empty.jpg"]),
        ("holds no pictures", ["check", "empty"]),
        ("there is no file or folder", ["check", "gone.mp4"]),
        ("cannot be reached", ["check", f"rtsp://127.0.0.1:{closed_port()}/a"]),
        ("nothing serves ftp://", ["check", "ftp://host/a"]),
        ("there is no camera 'door'", ["run", "--camera", "door"]),
        ("there is no file or folder", ["run", "--source", "gone.mp4"]),
        ("--name", ["run", "--source", "a.mp4", "--name", "no spaces"]),
    ]
    for reason, arguments in table:
        code, _, err = invoke(*arguments, "--settings", settings)
        assert code == 2, arguments
        assert reason in err, arguments
        assert len(err.strip().splitlines()) == 1, err
    code, _, err = invoke("list", "--settings", tmp_path / "broken.yaml")
    assert code == 2
    assert len(err.strip().splitlines()) == 1


def test_a_run_that_finds_no_video_says_so_at_its_end(invoke: Invoke, settings: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.mp4").write_bytes(b"no video")
    code, out, err = invoke("run", "--source", "bad.mp4", "--name", "gate", "--settings", settings)
    assert code == 2
    assert "gate: 0 frames" in out
    assert "is no video" in err
    assert "Traceback" not in err
