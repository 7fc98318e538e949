"""The stack as one, as far as it goes without its servers."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.local_stack.addresses import Security
from infra.local_stack.errors import SecurityMismatchError, StackBusyError, StackStateError
from infra.local_stack.exclusive import exclusively
from infra.local_stack.launch import Service
from infra.local_stack.ports import StackPorts, choose_ports
from infra.local_stack.processes import ProcessRecord, save_record
from infra.local_stack.stack import LocalStack, PortWishes
from infra.local_stack.state import new_state, save_state
from infra.local_stack.status import ServiceState


def build_stack(folder: Path, *, security: Security | None = None) -> LocalStack:
    """A stack that was started once and does not run."""
    folder.mkdir(exist_ok=True)
    stack = LocalStack(folder, security=security)
    save_state(stack.paths.state, new_state(Security.PLAIN, choose_ports()))
    return stack


def test_a_stack_that_was_never_started_is_down_and_has_no_addresses(tmp_path: Path) -> None:
    stack = LocalStack(tmp_path / "none")
    assert {status.state for status in stack.status()} == {ServiceState.DOWN}
    with pytest.raises(StackStateError, match=r"there is no stack in .*stack up"):
        stack.addresses()
    stack.down()
    stack.reset()
    assert not (tmp_path / "none").exists()


def test_a_service_whose_process_is_gone_is_reported_as_died(tmp_path: Path) -> None:
    stack = build_stack(tmp_path)
    stack.paths.records.mkdir()
    save_record(stack.paths.record(Service.REDIS), ProcessRecord(pid=1, session=1, started=0.0))
    states = {status.service: status.state for status in stack.status()}
    assert states == {
        Service.KAFKA: ServiceState.DOWN,
        Service.ELASTICSEARCH: ServiceState.DOWN,
        Service.REDIS: ServiceState.DIED,
    }


def test_a_secured_stack_is_not_made_of_a_plain_one(tmp_path: Path) -> None:
    with pytest.raises(SecurityMismatchError, match="is plain, and a secured one was asked for"):
        build_stack(tmp_path, security=Security.SECURED).up()


def test_reset_leaves_nothing_but_the_lock(tmp_path: Path) -> None:
    stack = build_stack(tmp_path)
    (stack.home(Service.KAFKA)).mkdir()
    stack.reset()
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StackStateError, match="mend the permissions there"):
        LocalStack(tmp_path / "file" / "stack").up()


def test_a_lock_that_another_holds_is_waited_for_and_then_refused(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    with exclusively(path, limit_s=1):
        second = exclusively(path, limit_s=0.1)
        with pytest.raises(StackBusyError, match="wait for the other"), second:
            pass
    with exclusively(path, limit_s=0):
        pass


@pytest.mark.parametrize(
    ("wishes", "met"),
    [
        pytest.param(PortWishes(), True, id="none"),
        pytest.param(PortWishes(kafka=1, redis=5), True, id="met"),
        pytest.param(PortWishes(elasticsearch=9), False, id="not-met"),
    ],
)
def test_wishes_are_met_by_the_same_ports_only(wishes: PortWishes, met: bool) -> None:
    assert wishes.are_met_by(StackPorts(1, 2, 3, 4, 5)) is met
