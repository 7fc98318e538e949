from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.source import SourceUnreadableError
from infra.recognize.inputs import PictureFile, VideoFile, list_inputs, unlike_names


def touch(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"")
    return folder


def test_a_folder_gives_its_pictures_in_natural_order_and_nothing_else(tmp_path: Path) -> None:
    folder = touch(tmp_path / "photos", "p10.jpg", "p9.PNG", "notes.txt", "p2.webp", "clip.mp4")
    touch(folder / "deeper", "p1.jpg")
    inputs = list_inputs([str(folder)])
    assert [one.source for one in inputs] == [f"{folder}/{name}" for name in ("p2.webp", "p9.PNG", "p10.jpg")]
    assert all(isinstance(one, PictureFile) for one in inputs)


def test_inputs_come_in_the_order_of_the_paths_and_are_called_as_these_were_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    touch(tmp_path, "b.mp4", "a.jpg")
    touch(tmp_path / "c", "d.jpg")
    inputs = list_inputs(["./b.mp4", "c/", "../" + tmp_path.name + "/a.jpg"])
    assert [one.source for one in inputs] == ["./b.mp4", "c/d.jpg", f"../{tmp_path.name}/a.jpg"]
    assert [type(one) for one in inputs] == [VideoFile, PictureFile, PictureFile]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        pytest.param("gone.jpg", "there is no file or folder gone.jpg; check the path", id="missing"),
        pytest.param("", "there is no file or folder", id="nothing"),
        pytest.param("empty", "empty holds no pictures", id="empty-folder"),
        pytest.param("rtsp://u:s3cret@host/a", "try an address with platewatch camera check", id="address"),
    ],
)
def test_what_is_not_there_is_said_in_one_sentence_without_secrets(
    path: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    touch(tmp_path / "empty")
    with pytest.raises(SourceUnreadableError) as caught:
        list_inputs([path])
    assert said in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_name_that_is_no_text_can_still_be_told(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.jpg")).write_bytes(b"")
    (one,) = list_inputs([str(tmp_path)])
    assert one.source == f"{tmp_path}/caf?.jpg"
    assert one.path.exists()


def test_pictures_of_the_same_name_get_names_of_their_own(tmp_path: Path) -> None:
    first, second = touch(tmp_path / "a", "1.jpg", "2.jpg"), touch(tmp_path / "b", "1.JPG")
    assert [one.name for one in list_inputs([str(first), str(second)])] == ["1.jpg", "2.jpg", "1-2.JPG"]


@given(st.lists(st.sampled_from(["a.jpg", "A.JPG", "a-2.jpg", "a-3.jpg", "a.png", "a"])))
def test_no_name_is_given_twice(names: list[str]) -> None:
    unlike = [name.casefold() for name in unlike_names(names)]
    assert len(set(unlike)) == len(names)
