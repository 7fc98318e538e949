"""Whom the servers run as: whoever starts them, or, when that is root, an account without rights."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from infra.local_stack.errors import AccountError

# Elasticsearch refuses to run as root. The number needs no entry in /etc/passwd; it lies where neither people's
# accounts (up to 60000) nor systemd's own ranges are.
SERVICE_UID = 60_901


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """The account that root gives its rights away to, for the servers alone."""

    uid: int
    gid: int


def account_for(effective_uid: int) -> ServiceAccount | None:
    """The account to run servers under; None: as the one who starts them."""
    return ServiceAccount(SERVICE_UID, SERVICE_UID) if effective_uid == 0 else None


def can_reach(path: Path, account: ServiceAccount | None) -> bool:
    """Whether the account can walk to an existing path and read it.

    Asked of the system, through a child under that account: modes alone don't tell (access lists, mount options).
    """
    if account is None:
        return os.access(path, os.R_OK)
    check = subprocess.run(
        ["/bin/sh", "-c", 'test -r "$1"', "sh", str(path)],
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        cwd="/",
        check=False,
        capture_output=True,
    )
    return check.returncode == 0


def hand_over(path: Path, account: ServiceAccount | None) -> None:
    """Give a folder and all in it to the account. Links are not followed."""
    if account is None:
        return
    os.chown(path, account.uid, account.gid, follow_symlinks=False)
    for folder, folders, files in os.walk(path):
        for name in (*folders, *files):
            os.chown(Path(folder, name), account.uid, account.gid, follow_symlinks=False)


def reachable_folder(wanted: Path, fallback: Path, account: ServiceAccount | None) -> Path:
    """The wanted folder, or, where the account cannot walk to it (a checkout under /root), the fallback; it is made.

    Raises:
        AccountError: the fallback is not reachable either, or belongs to somebody else, who could change what runs.
    """
    wanted.mkdir(parents=True, exist_ok=True)
    if can_reach(wanted, account):
        return wanted
    _make_public_folder(fallback)
    owner = fallback.stat().st_uid
    if owner != os.geteuid() or not can_reach(fallback, account):
        msg = f"neither {wanted} nor {fallback} can be used by the servers' account: make one of them readable for all"
        raise AccountError(msg)
    return fallback


def _make_public_folder(path: Path) -> None:
    """Make a folder that all may read, whatever the umask says; folders that are there already stay as they are."""
    for folder in reversed((path, *path.parents)):
        if not folder.exists():
            folder.mkdir()
            folder.chmod(0o755)
