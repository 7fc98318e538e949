"""The pages that people write: every relative link leads somewhere, and every command that is named exists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.cli.main import COMMANDS

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("**/*.md")])

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_REFERENCE = re.compile(r"^\[[^\]]+\]: (\S+)$", re.MULTILINE)
_FENCE = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"\bplatewatch ([a-z]+)\b")
_NOT_THERE_YET = frozenset({"console", "retention", "audit", "connector"})
"""Commands of the design that pages may speak of as still to come."""


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _links(page: Path) -> Iterator[str]:
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    yield from _LINK.findall(text)
    yield from _REFERENCE.findall(text)


def _anchor(heading: str) -> str:
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return kept.replace(" ", "-")


def _anchors(page: Path) -> set[str]:
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    return {_anchor(heading) for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_relative_links_lead_to_what_exists(page: Path) -> None:
    for link in _links(page):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{_name(page)}: {link}"
        assert target.is_relative_to(ROOT), f"{_name(page)}: {link} leads out of the repository"
        if anchor:
            assert anchor in _anchors(target), f"{_name(page)}: {link} names no heading there"


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_commands_that_are_named_exist(page: Path) -> None:
    code = re.findall(r"`([^`]+)`", page.read_text(encoding="utf-8"))
    named = {name for text in code for name in _COMMAND.findall(text)}
    assert named <= COMMANDS.keys() | _NOT_THERE_YET, named - COMMANDS.keys()


def test_readme_names_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "./run demo" in text
    assert "./run test" in text
