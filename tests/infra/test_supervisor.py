from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from infra.supervisor import ChildPlan, Supervisor, WhenEnded

SLEEPER = (sys.executable, "-c", "import time; time.sleep(60)")


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    one = Supervisor(tmp_path / "children")
    yield one
    one.stop()


def plan(tmp_path: Path, command: tuple[str, ...] = SLEEPER, when_ended: WhenEnded = WhenEnded.RESTART) -> ChildPlan:
    return ChildPlan("child", command, tmp_path / "child.log", when_ended=when_ended)


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_killed_child_is_started_again(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(plan(tmp_path))
    first = supervisor.pid("child")
    supervisor.kill("child")

    def is_another() -> bool:
        supervisor.tend()
        return supervisor.pid("child") != first

    until(is_another)
    assert psutil.pid_exists(supervisor.pid("child"))


def test_a_child_that_is_to_run_once_is_left_ended(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(plan(tmp_path, (sys.executable, "-c", "raise SystemExit(3)"), WhenEnded.LEAVE))
    until(lambda: supervisor.exit_status("child") is not None)
    supervisor.tend()
    assert supervisor.exit_status("child") == 3


def test_stop_leaves_no_process_and_no_record(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path / "children")
    supervisor.start(plan(tmp_path))
    pid = supervisor.pid("child")
    supervisor.stop()
    assert not psutil.pid_exists(pid)
    assert list((tmp_path / "children").iterdir()) == []


def test_what_a_killed_supervisor_left_is_ended_by_the_next(tmp_path: Path) -> None:
    killed = Supervisor(tmp_path / "children")
    killed.start(plan(tmp_path))
    process = psutil.Process(killed.pid("child"))
    Supervisor(tmp_path / "children")
    until(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE)
    killed.stop()
