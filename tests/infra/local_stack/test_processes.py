"""Processes: records that outlive their process, numbers that were used again, and groups that end whole."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from infra.local_stack import processes
from infra.local_stack.errors import StackStateError
from infra.local_stack.processes import ProcessRecord, Surroundings

SLEEPER = ("/bin/sleep", "60")
# A launcher and its server, as with Elasticsearch; the launcher must not become the server by `exec`.
FAMILY = ("/bin/sh", "-c", "/bin/sleep 60 & /bin/sleep 60; true")
DEAF = ("/bin/sh", "-c", "trap '' TERM; while true; do /bin/sleep 1; done")


@pytest.fixture
def surroundings(tmp_path: Path) -> Surroundings:
    return Surroundings(tmp_path, {"GREETING": "hello"}, None, tmp_path / "console.log")


@pytest.fixture
def launch(surroundings: Surroundings) -> Iterator[Callable[[tuple[str, ...]], ProcessRecord]]:
    started: list[ProcessRecord] = []

    def start(command: tuple[str, ...]) -> ProcessRecord:
        started.append(processes.launch(command, surroundings))
        return started[-1]

    yield start
    for record in started:
        processes.kill(record)


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        os.sched_yield()


def test_a_server_runs_in_a_session_of_its_own_until_it_is_ended(
    launch: Callable[[tuple[str, ...]], ProcessRecord],
) -> None:
    record = launch(SLEEPER)
    assert processes.leader(record) is not None
    assert record.session != os.getsid(0)
    assert processes.resident_bytes(record) > 0
    processes.end(record, limit_s=5)
    assert processes.leader(record) is None


def test_what_a_server_prints_goes_to_its_console_file_and_nothing_of_ours_to_its_environment(
    launch: Callable[[tuple[str, ...]], ProcessRecord], surroundings: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOMEBODYS_SECRET", "hidden")
    launch(("/bin/sh", "-c", "echo out $GREETING $SOMEBODYS_SECRET; echo err >&2"))
    wait_for(lambda: surroundings.console.read_text() == "out hello\nerr\n")


def test_ending_a_launcher_also_ends_its_server(launch: Callable[[tuple[str, ...]], ProcessRecord]) -> None:
    record = launch(FAMILY)
    wait_for(lambda: len(processes.family(record)) == 3)
    processes.end(record, limit_s=5)
    assert processes.family(record) == []


def test_a_server_left_behind_by_its_launcher_is_found_and_ended(
    launch: Callable[[tuple[str, ...]], ProcessRecord],
) -> None:
    record = launch(FAMILY)
    wait_for(lambda: len(processes.family(record)) == 3)
    psutil.Process(record.pid).kill()
    wait_for(lambda: processes.leader(record) is None)
    assert processes.family(record) != []
    processes.end(record, limit_s=5)
    assert processes.family(record) == []


def test_a_server_that_does_not_listen_is_killed_after_the_limit(
    launch: Callable[[tuple[str, ...]], ProcessRecord],
) -> None:
    record = launch(DEAF)
    wait_for(lambda: len(processes.family(record)) == 2)
    processes.end(record, limit_s=0.2)
    assert processes.family(record) == []


def test_a_record_of_an_ended_process_is_stale(launch: Callable[[tuple[str, ...]], ProcessRecord]) -> None:
    record = launch(("/bin/true",))
    wait_for(lambda: processes.leader(record) is None)
    processes.end(record, limit_s=1)  # nothing happens


def test_a_number_that_was_used_again_is_not_ours_and_is_left_alone(
    launch: Callable[[tuple[str, ...]], ProcessRecord],
) -> None:
    somebody_elses = launch(SLEEPER)
    stale = replace(somebody_elses, started=somebody_elses.started - 3600)
    assert processes.leader(stale) is None
    processes.end(stale, limit_s=1)
    assert processes.leader(somebody_elses) is not None


def test_records_are_kept_as_written(tmp_path: Path) -> None:
    path = tmp_path / "kafka.json"
    assert processes.load_record(path) is None
    record = ProcessRecord(pid=12, session=11, started=1.5)
    processes.save_record(path, record)
    assert processes.load_record(path) == record


@pytest.mark.parametrize("content", ["", "{}", "[]", "12"])
def test_a_damaged_record_is_one_sentence(tmp_path: Path, content: str) -> None:
    path = tmp_path / "kafka.json"
    path.write_text(content)
    with pytest.raises(StackStateError, match="is damaged: delete it"):
        processes.load_record(path)
