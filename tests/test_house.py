"""Rules of the house that no tool checks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("connectors", "dashboards", "infra", "recognizers", "streams", "tests")
MAX_LINES = 320

LONGER: dict[str, str] = {
    "streams/records.py": "every record, declared once",
    "connectors/publisher.py": "one owner of one state: its steps share wire, spool and delivery",
    "tests/connectors/test_spool.py": "the laws of the spool and its crashes, over one set of steps",
}
"""Files that are longer, each with its reason."""

FORBIDDEN_NAMES = {"utils", "helpers", "common", "manager", "managers", "mixins", "globals", "misc"}


def python_files() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from sorted((ROOT / folder).rglob("*.py"))


def test_a_file_does_one_thing_and_so_stays_short() -> None:
    lengths = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8").count("\n") for path in python_files()}
    long = {name: lines for name, lines in lengths.items() if lines > MAX_LINES and name not in LONGER}
    assert not long, f"over {MAX_LINES} lines: split it, or give its reason in LONGER"


def test_no_file_is_excused_that_needs_no_excuse() -> None:
    for name, reason in LONGER.items():
        assert reason
        assert (ROOT / name).read_text(encoding="utf-8").count("\n") > MAX_LINES, name


@pytest.mark.parametrize("name", sorted(FORBIDDEN_NAMES))
def test_no_module_is_a_drawer_for_everything(name: str) -> None:
    assert not [path for path in python_files() if name in (path.stem, *path.relative_to(ROOT).parts)]


def test_every_module_says_what_it_is() -> None:
    silent = [path for path in python_files() if path.parts[-2] != "tests" and "tests" not in path.parts]
    silent = [path for path in silent if not path.read_text(encoding="utf-8").startswith(('"""', "r'''", 'r"""', "#!"))]
    assert not silent
