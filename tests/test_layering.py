"""Who may import whom: the contracts of pyproject.toml, and what they cannot say."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).resolve().parents[1]
OURS = ("connectors", "dashboards", "infra", "recognizers", "streams")


def imports_of(path: Path) -> Iterator[str]:
    """Every module that a file names in an import, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_the_contracts_of_the_packages_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.syspath_prepend(str(ROOT))
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0, "./run lint says which broke"


@pytest.mark.parametrize("area", ["infra/settings", "infra/metrics.py"])
def test_what_all_may_import_imports_nothing_of_ours_but_itself(area: str) -> None:
    own = area.removesuffix(".py").replace("/", ".")
    place = ROOT / area
    for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
        foreign = [name for name in imports_of(path) if name.split(".")[0] in OURS and not name.startswith(own)]
        assert not foreign, f"{path.relative_to(ROOT)} imports {foreign}"


def test_nothing_that_ships_imports_the_tests() -> None:
    for package in OURS:
        for path in sorted((ROOT / package).rglob("*.py")):
            taken = [name for name in imports_of(path) if name.split(".")[0] == "tests"]
            assert not taken, f"{path.relative_to(ROOT)} imports {taken}"
