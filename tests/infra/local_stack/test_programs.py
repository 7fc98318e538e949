"""Programs: where they are kept, and that an unpacked server is whole and executable."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from infra.local_stack.errors import ArtifactError
from infra.local_stack.programs import cache_folder, locked_versions, unpack


@pytest.mark.parametrize(
    ("environment", "system", "folder"),
    [
        pytest.param({"HOME": "/home/ann"}, "linux", "/home/ann/.cache/platewatch", id="linux"),
        pytest.param({"HOME": "/home/ann", "XDG_CACHE_HOME": "/c"}, "linux", "/c/platewatch", id="linux-own-cache"),
        pytest.param({"HOME": "/Users/ann"}, "darwin", "/Users/ann/Library/Caches/platewatch", id="macos"),
        pytest.param({"HOME": "/home/ann", "PLATEWATCH_CACHE_DIR": "/big"}, "linux", "/big", id="named"),
    ],
)
def test_the_cache_is_where_the_system_keeps_caches(environment: dict[str, str], system: str, folder: str) -> None:
    assert cache_folder(environment, system) == Path(folder)


def test_versions_are_those_of_the_lock_file() -> None:
    versions = locked_versions()
    assert (versions.kafka, versions.elasticsearch) == ("4.1.1", "9.2.4")
    assert versions.redis.startswith("Valkey ")


def test_unpacking_restores_execute_bits(tmp_path: Path) -> None:
    archive = tmp_path / "server.zip"
    with zipfile.ZipFile(archive, "w") as target:
        for name, mode in (("server/bin/start", 0o100755), ("server/config/settings", 0o100660)):
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            target.writestr(entry, "content")
    unpack(archive, tmp_path)
    assert os.access(tmp_path / "server/bin/start", os.X_OK)
    assert not (tmp_path / "server/config/settings").stat().st_mode & 0o111


def test_an_archive_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    archive = tmp_path / "server.zip"
    archive.write_bytes(b"<html>blocked by the proxy</html>")
    with pytest.raises(ArtifactError, match=r"server\.zip cannot be unpacked .*delete it"):
        unpack(archive, tmp_path)
