"""Fetching the servers' files: what stack.lock names, each checked against its SHA-256."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jgo.maven import MavenContext, PythonResolver

from infra.local_stack.errors import ArtifactError, LockFileError

LOCK_FILE = Path(__file__).with_name("stack.lock")

# More gains little (the registry is the limit) and is impolite.
PARALLEL_DOWNLOADS = 8

# Seconds before the second, third and fourth try. A cut connection mends at once, a busy registry in some seconds;
# with more, a machine without a network would keep its user waiting for an answer that is certain.
RETRY_WAITS_S = (1.0, 2.0, 4.0)

READ_TIMEOUT_S = 60
_LINE = re.compile(
    r"(?P<group>[^:\s]+):(?P<name>[^:\s]+):(?P<version>[^:\s]+)(:(?P<packaging>\w+))? (?P<sha>[0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True)
class Artifact:
    """One file of a Maven repository and the SHA-256 that it must have."""

    group: str
    name: str
    version: str
    packaging: str
    sha256: str

    @property
    def filename(self) -> str:
        """The name that the file has in a repository."""
        return f"{self.name}-{self.version}.{self.packaging}"


@dataclass(frozen=True, slots=True)
class FetchProgress:
    """How far the fetching has come."""

    files_done: int
    files: int
    received_bytes: int


FetchArtifact = Callable[[Artifact, Path, Callable[[int], None]], Path]
"""Brings an artifact into a folder, tells of the bytes received, and returns its path; may return a damaged file."""


def parse_lock(text: str) -> tuple[Artifact, ...]:
    """The artifacts that a lock file names.

    Raises:
        LockFileError: a line cannot be read; the message has its number.
    """
    artifacts = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None:
            msg = (
                f"line {number} of stack.lock is not 'group:artifact:version[:packaging] sha256': "
                "restore the file from the release"
            )
            raise LockFileError(msg)
        artifacts.append(
            Artifact(match["group"], match["name"], match["version"], match["packaging"] or "jar", match["sha"])
        )
    return tuple(artifacts)


def fetch_from_maven(artifact: Artifact, folder: Path, on_bytes: Callable[[int], None]) -> Path:
    """Fetch one artifact from Maven Central, or take it from the folder where it is already there.

    jgo writes straight to the final path and does not refuse a cut download: check what it returns.
    """

    @contextmanager
    def tell(_filename: str, _total: int) -> Iterator[Callable[[int], None]]:
        yield on_bytes

    context = MavenContext(
        resolver=PythonResolver(progress_callback=tell), repo_cache=folder, local_repos=[], timeout=READ_TIMEOUT_S
    )
    component = context.project(artifact.group, artifact.name).at_version(artifact.version)
    return Path(component.artifact(packaging=artifact.packaging).resolve())


def fetch_all(
    artifacts: Sequence[Artifact],
    folder: Path,
    *,
    on_progress: Callable[[FetchProgress], None],
    fetch: FetchArtifact = fetch_from_maven,
    wait: Callable[[float], None] = time.sleep,
) -> dict[Artifact, Path]:
    """All artifacts in the folder, each whole. Only one process may do this to a folder at a time.

    Args:
        artifacts: what to fetch.
        folder: where files are put, and looked for first.
        on_progress: called from several threads.
        fetch: brings one artifact.
        wait: waits for so many seconds between tries.

    Raises:
        ArtifactError: an artifact could not be had, or was damaged at every try.
    """
    # Plain counters: each is only ever added to, and a reader that is off by one chunk shows a slightly old figure.
    received: list[int] = []
    done: list[Artifact] = []

    def report() -> None:
        on_progress(FetchProgress(len(done), len(artifacts), sum(received)))

    def count(size: int) -> None:
        received.append(size)
        # The registry's chunks are 8 kB; a report for each would cost more than the download.
        if len(received) % 64 == 0:
            report()

    def fetch_one(artifact: Artifact) -> Path:
        path = _fetch_checked(artifact, folder, fetch=lambda: fetch(artifact, folder, count), wait=wait)
        done.append(artifact)
        report()
        return path

    with ThreadPoolExecutor(PARALLEL_DOWNLOADS, thread_name_prefix="fetch") as pool:
        futures = [pool.submit(fetch_one, artifact) for artifact in artifacts]
        try:
            paths = [future.result() for future in futures]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return dict(zip(artifacts, paths, strict=True))


def _fetch_checked(
    artifact: Artifact, folder: Path, *, fetch: Callable[[], Path], wait: Callable[[float], None]
) -> Path:
    reason = ""
    for pause in (*RETRY_WAITS_S, None):
        try:
            path = fetch()
            if _sha256(path) == artifact.sha256:
                return path
            path.unlink(missing_ok=True)
            reason = "what arrived is not what stack.lock names"
        except (OSError, RuntimeError, AssertionError) as error:  # jgo asserts where another library would raise
            reason = _short_reason(error)
        if pause is not None:
            wait(pause)
    msg = (
        f"{artifact.filename} could not be fetched into {folder} ({reason}): check the network, the proxy variables "
        f"(HTTPS_PROXY) and the space on the disk, then run the same command again; what is already there is kept"
    )
    raise ArtifactError(msg)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _short_reason(error: Exception) -> str:
    text = (getattr(error, "strerror", None) or str(error) or type(error).__name__).splitlines()[0]
    limit = 160
    return text if len(text) <= limit else f"{text[:limit]}…"
