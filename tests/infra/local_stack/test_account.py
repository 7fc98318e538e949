"""The account: root gives its rights away, others keep theirs, and folders must be within reach."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from infra.local_stack.account import SERVICE_UID, ServiceAccount, account_for, can_reach, reachable_folder
from infra.local_stack.errors import AccountError

NOBODYS = ServiceAccount(SERVICE_UID, SERVICE_UID)
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@pytest.mark.parametrize(
    ("effective_uid", "account"),
    [
        pytest.param(0, NOBODYS, id="root-runs-servers-as-nobody"),
        pytest.param(1000, None, id="a-person-runs-them-as-themselves"),
    ],
)
def test_the_account_depends_on_who_starts_the_stack(effective_uid: int, account: ServiceAccount | None) -> None:
    assert account_for(effective_uid) == account


def test_a_person_uses_the_folder_asked_for(tmp_path: Path) -> None:
    wanted = tmp_path / "stack"
    assert reachable_folder(wanted, tmp_path / "elsewhere", None) == wanted
    assert not (tmp_path / "elsewhere").exists()


@only_root
def test_a_folder_under_a_closed_home_is_replaced_by_one_within_reach(tmp_path: Path) -> None:
    closed, public = tmp_path / "closed", tmp_path / "public"
    for folder, mode in ((closed, 0o700), (public, 0o755)):
        folder.mkdir()
        folder.chmod(mode)
    reach_of_tmp_path(tmp_path)
    assert not can_reach(closed, NOBODYS)
    assert reachable_folder(closed / "stack", public / "stack", NOBODYS) == public / "stack"
    assert reachable_folder(public / "own", closed / "stack", NOBODYS) == public / "own"


@only_root
def test_no_folder_within_reach_is_one_sentence(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    closed.chmod(0o700)
    with pytest.raises(AccountError, match="can be used by the servers' account"):
        reachable_folder(closed / "a", closed / "b", NOBODYS)


def reach_of_tmp_path(path: Path) -> None:
    """Let others walk to pytest's folder, which it closes to them."""
    for folder in (path, *path.parents):
        if folder.stat().st_uid == os.geteuid() and not folder.stat().st_mode & 0o001 and folder.name:
            if not folder.name.startswith(("pytest-", "test_")):
                pytest.skip(f"{folder} is closed to others")
            folder.chmod(folder.stat().st_mode | 0o055)
