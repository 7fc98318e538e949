from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from infra.recognize.errors import RecognizeError
from infra.recognize.inputs import PictureFile
from infra.recognize.plates import PictureReads, build_view, plates_of
from infra.recognize.results import JsonLines, ReadsTable, json_lines, prepare_folder
from infra.settings.pipeline import RecognitionSettings
from tests.builders import build_look

READS = PictureReads(
    "a.jpg", 12.3, plates_of([build_look("ABC123"), build_look("XYZ789")], build_view(RecognitionSettings()))
)
NONE = PictureReads("b [bold].jpg", 4.0, ())


def test_each_picture_is_one_line_of_json_at_once(tmp_path: Path) -> None:
    path = tmp_path / "reads.jsonl"
    with json_lines(path) as results:
        results.write(READS)
        assert [plate["plate"] for plate in json.loads(path.read_text())["plates"]] == ["ABC123", "XYZ789"]
        results.write(NONE)
    lines = path.read_text().splitlines()
    assert [json.loads(line)["source"] for line in lines] == ["a.jpg", "b [bold].jpg"]
    assert json.loads(lines[1])["plates"] == []


def test_a_full_disk_is_said_in_one_sentence() -> None:
    with pytest.raises(RecognizeError, match="No space left on device"), json_lines(Path("/dev/full")) as results:
        results.write(READS)


def test_a_reader_that_went_away_is_no_fault_of_the_disk() -> None:
    class Gone(io.BytesIO):
        def write(self, data: object, /) -> int:
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        JsonLines(Gone()).write(READS)


def test_the_table_has_a_line_for_each_plate_and_one_for_a_picture_without() -> None:
    shown = io.StringIO()
    table = ReadsTable(Console(file=shown, width=30))
    for reads in (READS, NONE):
        table.write(reads)
    lines = [line.split() for line in shown.getvalue().splitlines()]
    assert lines == [
        ["plate", "confidence", "width", "time", "picture"],
        ["ABC123", "95.0%", "100", "px", "12", "ms", "a.jpg"],
        ["XYZ789", "95.0%", "100", "px", "12", "ms", "a.jpg"],
        ["none", "4", "ms", "b", "[bold].jpg"],
    ]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        pytest.param("no/such/folder.jsonl", "No such file or directory", id="no-folder"),
        pytest.param(".", "Is a directory", id="a-folder"),
        pytest.param("first.JPG", "is the name of a picture", id="a-picture"),
    ],
)
def test_a_file_that_cannot_hold_results_is_refused(
    path: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "first.JPG").write_bytes(b"a photograph")
    with pytest.raises(RecognizeError, match=said), json_lines(Path(path)):
        pass
    assert (tmp_path / "first.JPG").read_bytes() == b"a photograph"


def test_a_folder_for_marked_pictures_is_made_and_left_empty(tmp_path: Path) -> None:
    prepare_folder(tmp_path / "a" / "b", [])
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_marked_pictures_never_go_where_the_originals_are(tmp_path: Path) -> None:
    one = PictureFile("a.jpg", tmp_path / "a.jpg", "a.jpg")
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(RecognizeError, match="would write over them"):
        prepare_folder(tmp_path / "link", [one])


def test_a_file_is_no_folder_for_marked_pictures(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(RecognizeError, match="cannot be written to"):
        prepare_folder(tmp_path / "file", [])
