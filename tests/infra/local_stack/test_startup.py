"""The start of one service: what it needs is there, and what goes wrong is said with the end of its log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from infra.local_stack import processes, startup
from infra.local_stack.errors import ServiceStartError
from infra.local_stack.launch import ConfigFile, LaunchPlan, Preparation, Service
from infra.local_stack.processes import ProcessRecord
from infra.local_stack.startup import ServiceHome


def build_plan(script: str, *, preparation: str | None = None, start_limit_s: float = 5.0) -> LaunchPlan:
    prepared = None
    if preparation is not None:
        prepared = Preparation(("/bin/sh", "-c", preparation), "data", (ConfigFile("secret.args", "s3cret"),))
    return LaunchPlan(
        service=Service.KAFKA,
        command=("/bin/sh", "-c", script),
        files=(ConfigFile("config/server", "port=1"),),
        folders=("config", "data", "logs"),
        start_limit_s=start_limit_s,
        preparation=prepared,
    )


@pytest.fixture
def home(tmp_path: Path) -> ServiceHome:
    return ServiceHome(tmp_path / "kafka", None)


@pytest.fixture
def started() -> Iterator[list[ProcessRecord]]:
    records: list[ProcessRecord] = []
    yield records
    for record in records:
        processes.kill(record)


def run(plan: LaunchPlan, home: ServiceHome, started: list[ProcessRecord]) -> None:
    record = startup.start(plan, home)
    started.append(record)
    startup.wait_until_ready(
        plan,
        home,
        is_alive=lambda: processes.leader(record) is not None,
        is_ready=(home.folder / "ready").exists,
        cancelled=Event(),
    )


def test_a_service_finds_its_files_closed_to_others(home: ServiceHome, started: list[ProcessRecord]) -> None:
    run(build_plan("cp config/server ready; sleep 60"), home, started)
    assert (home.folder / "ready").read_text() == "port=1"
    assert home.folder.stat().st_mode & 0o777 == 0o700
    assert (home.folder / "config/server").stat().st_mode & 0o777 == 0o600


def test_a_service_that_ends_at_once_is_reported_with_the_end_of_its_log(
    home: ServiceHome, started: list[ProcessRecord]
) -> None:
    with pytest.raises(ServiceStartError, match=r"kafka ended while it started(.|\n)*the disk is full"):
        run(build_plan("echo the disk is full; exit 1"), home, started)


def test_a_service_that_never_answers_is_reported_after_its_limit(
    home: ServiceHome, started: list[ProcessRecord]
) -> None:
    with pytest.raises(ServiceStartError, match="did not answer within 0 s"):
        run(build_plan("sleep 60", start_limit_s=0.2), home, started)


def test_a_preparation_runs_once_and_leaves_no_secrets(home: ServiceHome, started: list[ProcessRecord]) -> None:
    plan = build_plan("touch ready; sleep 60", preparation="test -s secret.args && echo x >> count")
    run(plan, home, started)
    run(plan, home, started)
    assert (home.folder / "count").read_text() == "x\n"
    assert not (home.folder / "secret.args").exists()


def test_a_preparation_that_failed_begins_anew_with_an_empty_folder(
    home: ServiceHome, started: list[ProcessRecord]
) -> None:
    with pytest.raises(ServiceStartError, match=r"could not be prepared \(exit code 3\)"):
        run(build_plan("true", preparation="touch data/half; exit 3"), home, started)
    assert not (home.folder / "secret.args").exists()
    run(build_plan("touch ready; sleep 60", preparation="test ! -e data/half"), home, started)


def test_a_cancelled_wait_returns(home: ServiceHome) -> None:
    cancelled = Event()
    cancelled.set()
    startup.wait_until_ready(
        build_plan("true"), home, is_alive=lambda: True, is_ready=lambda: False, cancelled=cancelled
    )
