"""Lines of a file: the same whatever the line end and wherever a read breaks off, bounded in length and in memory."""

from __future__ import annotations

import hashlib
import tracemalloc
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.hotlists.errors import HotlistFileError
from connectors.hotlists.lines import MAX_LINE, READ_BYTES, TextLines, UnusableLine

MIB = 1 << 20


def read(
    path: Path, encoding: str = "utf-8", read_bytes: int = READ_BYTES
) -> tuple[TextLines, list[str | UnusableLine]]:
    lines = TextLines(path, encoding, read_bytes=read_bytes)
    return lines, list(lines)


def write(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "list.txt"
    path.write_bytes(content)
    return path


_printable = st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs"), exclude_characters="\ufffd\ufeff")


@given(
    st.lists(st.text(_printable, min_size=1, max_size=20), min_size=1, max_size=20),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    # A byte-order mark is looked for in the first read, which is never as short as this in earnest.
    st.integers(4, 40),
)
@example(["abc", "d"], "\r\n", "utf-8", 4)
def test_lines_are_the_same_for_every_line_end_encoding_and_size_of_a_read(
    texts: list[str], end: str, encoding: str, read_bytes: int
) -> None:
    for last in ("", end):
        content = (end.join(texts) + last).encode(encoding)
        with TemporaryDirectory() as folder:
            lines, found = read(write(Path(folder), content), read_bytes=read_bytes)
        assert found == texts
        assert lines.number == len(texts)
        assert lines.ends_with_line_break == bool(last)
        assert lines.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_line_that_is_too_long_is_one_fault_and_the_next_one_counts(tmp_path: Path, at: int) -> None:
    content = ["first", "second"]
    content.insert(at, "x" * (3 * MIB))
    _, found = read(write(tmp_path, "\n".join([*content, ""]).encode()))
    assert [isinstance(line, UnusableLine) for line in found] == [index == at for index in range(3)]


@pytest.mark.parametrize(("length", "fits"), [(MAX_LINE, True), (MAX_LINE + 1, False)])
def test_the_longest_line_is_told_to_the_character(tmp_path: Path, length: int, fits: bool) -> None:
    _, found = read(write(tmp_path, b"x" * length + b"\nend\n"))
    assert isinstance(found[0], str) == fits
    assert found[1] == "end"


def test_a_line_that_never_ends_is_not_held_in_memory(tmp_path: Path) -> None:
    path = write(tmp_path, b"first\n" + b"x" * (64 * MIB))
    tracemalloc.start()
    try:
        lines = TextLines(path, "utf-8")
        faults = [line for line in lines if isinstance(line, UnusableLine)]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(faults) == 1
    assert not lines.ends_with_line_break
    assert peak < 8 * MIB, "reads and decoded text of one chunk, and no more"


def test_an_encoding_without_mark_is_that_of_the_template(tmp_path: Path) -> None:
    text = "José drives a car of another colour"
    path = write(tmp_path, f"{text}\n".encode("cp1252"))
    assert read(path, "cp1252")[1] == [text]
    (line,) = read(path, "utf-8")[1]
    assert isinstance(line, UnusableLine)


def test_a_mark_goes_before_the_encoding_of_the_template(tmp_path: Path) -> None:
    assert read(write(tmp_path, "José\n".encode("utf-8-sig")), "cp1252")[1] == ["José"]


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(HotlistFileError, match="cannot be read"):
        read(tmp_path)
