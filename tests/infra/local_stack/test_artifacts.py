"""Fetching: the lock file's lines, and downloads that arrive damaged or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from infra.local_stack.artifacts import LOCK_FILE, Artifact, FetchProgress, fetch_all, parse_lock
from infra.local_stack.errors import ArtifactError, LockFileError

GOOD = b"a server's file"
SHA = hashlib.sha256(GOOD).hexdigest()
ARTIFACT = Artifact("org.example", "server", "1.2", "jar", SHA)


class ScriptedRegistry:
    """Answers each try with the next of its script: bytes that arrive, or an error."""

    def __init__(self, script: Sequence[bytes | Exception]) -> None:
        self.script = list(script)
        self.tries = 0

    def fetch(self, artifact: Artifact, folder: Path, on_bytes: Callable[[int], None]) -> Path:
        path = folder / artifact.filename
        if path.exists():  # as jgo does: what is there is taken as good
            return path
        answer = self.script[self.tries]
        self.tries += 1
        if isinstance(answer, Exception):
            raise answer
        path.write_bytes(answer)
        on_bytes(len(answer))
        return path


def fetch(registry: ScriptedRegistry, folder: Path, waits: list[float] | None = None) -> dict[Artifact, Path]:
    return fetch_all(
        [ARTIFACT],
        folder,
        on_progress=lambda _progress: None,
        fetch=registry.fetch,
        wait=(waits if waits is not None else []).append,
    )


def test_the_lock_file_names_every_server_with_its_checksum() -> None:
    names = {artifact.name: artifact for artifact in parse_lock(LOCK_FILE.read_text(encoding="utf-8"))}
    assert names["kafka_2.13"].packaging == "jar"
    assert names["elasticsearch"].filename == "elasticsearch-9.2.4.zip"
    assert len(names) == 47


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("org.example:server:1.2", id="no-checksum"),
        pytest.param(f"org.example:server {SHA}", id="no-version"),
        pytest.param(f"org.example:server:1.2 {SHA[:-1]}", id="short-checksum"),
        pytest.param(f"org.example:server:1.2 {SHA.upper()}!", id="no-hexadecimal"),
    ],
)
def test_a_line_that_is_no_artifact_is_refused_with_its_number(line: str) -> None:
    with pytest.raises(LockFileError, match=r"line 2 of stack\.lock"):
        parse_lock(f"org.example:first:1 {SHA}\n{line}\n")


@pytest.mark.parametrize(
    ("script", "tries"),
    [
        pytest.param([GOOD], 1, id="at-once"),
        pytest.param([GOOD[:4], GOOD], 2, id="cut-download-is-deleted-and-fetched-again"),
        pytest.param([ConnectionError("reset"), GOOD[:4], RuntimeError("503"), GOOD], 4, id="mixed-troubles"),
        pytest.param([AssertionError(), GOOD], 2, id="jgo-asserts"),
    ],
)
def test_a_fetch_ends_with_the_whole_file(tmp_path: Path, script: Sequence[bytes | Exception], tries: int) -> None:
    registry = ScriptedRegistry(script)
    waits: list[float] = []
    paths = fetch(registry, tmp_path, waits)
    assert paths[ARTIFACT].read_bytes() == GOOD
    assert registry.tries == tries
    assert waits == [1.0, 2.0, 4.0][: tries - 1]


def test_a_damaged_file_of_an_earlier_run_is_replaced(tmp_path: Path) -> None:
    (tmp_path / ARTIFACT.filename).write_bytes(GOOD[:4])
    assert fetch(ScriptedRegistry([GOOD]), tmp_path)[ARTIFACT].read_bytes() == GOOD


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param(b"something else", "not what stack.lock names", id="damaged-each-time"),
        pytest.param(OSError(28, "No space left on device"), "No space left on device", id="full-disk"),
        pytest.param(ConnectionError("name resolution failed"), "name resolution failed", id="no-network"),
    ],
)
def test_what_cannot_be_had_is_one_sentence_with_the_mend(
    tmp_path: Path, answer: bytes | Exception, reason: str
) -> None:
    with pytest.raises(ArtifactError, match=reason) as caught:
        fetch(ScriptedRegistry([answer] * 4), tmp_path)
    assert "check the network" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / ARTIFACT.filename).exists()


def test_progress_ends_with_all_files_and_bytes(tmp_path: Path) -> None:
    seen: list[FetchProgress] = []
    fetch_all([ARTIFACT], tmp_path, on_progress=seen.append, fetch=ScriptedRegistry([GOOD]).fetch)
    assert seen[-1] == FetchProgress(files_done=1, files=1, received_bytes=len(GOOD))
