from __future__ import annotations

import os
from pathlib import Path

import pytest

from dashboards.console_tokens import Doorkeeper, TokensFileError, new_token, read_tokens
from streams.people import Actor, Role

DISPATCHER = Actor("D. Reed", Role.DISPATCHER)


def written(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    # Two writes within the clock's resolution look like one.
    os.utime(path, ns=(0, len(lines) * 1000 + len("".join(lines))))
    return path


def test_a_new_token_opens_the_door_to_its_owner_alone(tmp_path: Path) -> None:
    made, other = new_token("D. Reed", Role.DISPATCHER), new_token("A. Chief", Role.ADMINISTRATOR)
    doorkeeper = Doorkeeper(written(tmp_path / "tokens.yaml", made.line, other.line))
    assert doorkeeper.who(made.token) == DISPATCHER
    assert doorkeeper.who(other.token) == Actor("A. Chief", Role.ADMINISTRATOR)
    assert doorkeeper.who(made.token + "x") is None
    assert doorkeeper.who("") is None


@pytest.mark.parametrize("name", ["O'Neil: #1", "Éva Ünal", "yes", "- {a: b}", "x" * 150])
def test_any_name_comes_back_from_its_line(tmp_path: Path, name: str) -> None:
    made = new_token(name, Role.PATROL)
    assert [entry.name for entry in read_tokens(written(tmp_path / "tokens.yaml", made.line))] == [name]


def test_neither_file_nor_print_holds_the_token() -> None:
    made = new_token("D. Reed", Role.DISPATCHER)
    assert made.token not in made.line
    assert made.token not in repr(made)


@pytest.mark.policy("KY-M.6")
def test_a_token_that_is_taken_off_no_longer_counts_at_once(tmp_path: Path) -> None:
    made, other = new_token("D. Reed", Role.DISPATCHER), new_token("A. Chief", Role.ADMINISTRATOR)
    file = written(tmp_path / "tokens.yaml", made.line, other.line)
    doorkeeper = Doorkeeper(file)
    written(file, other.line)
    assert doorkeeper.who(made.token) is None
    assert doorkeeper.who(other.token) is not None


def test_a_file_that_is_broken_later_locks_nobody_out(tmp_path: Path) -> None:
    made = new_token("D. Reed", Role.DISPATCHER)
    doorkeeper = Doorkeeper(written(tmp_path / "tokens.yaml", made.line))
    written(tmp_path / "tokens.yaml", "{", "{")
    assert doorkeeper.who(made.token) == DISPATCHER


@pytest.mark.parametrize(
    ("line", "says"),
    [
        pytest.param("{", "no YAML", id="no-yaml"),
        pytest.param("name: D. Reed", "platewatch console token", id="no-list"),
        pytest.param("- {name: D. Reed, role: dispatcher}", "sha256", id="a-field-is-missing"),
        pytest.param("- {name: D. Reed, role: boss, sha256: " + "a" * 64 + "}", "boss", id="a-role-that-is-none"),
        pytest.param("- {name: P, role: system, sha256: " + "a" * 64 + "}", "system", id="the-role-of-no-person"),
        pytest.param("- {name: D. Reed, role: dispatcher, sha256: secret}", "sha256", id="no-digest"),
    ],
)
def test_a_line_that_is_not_as_it_should_be_is_refused_in_one_sentence(tmp_path: Path, line: str, says: str) -> None:
    with pytest.raises(TokensFileError, match=says) as refused:
        Doorkeeper(written(tmp_path / "tokens.yaml", line))
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(TokensFileError, match="cannot be read"):
        Doorkeeper(tmp_path / "none.yaml")


def test_without_a_file_nobody_comes_in() -> None:
    doorkeeper = Doorkeeper(None)
    assert doorkeeper.knows_nobody
    assert doorkeeper.who(new_token("D. Reed", Role.DISPATCHER).token) is None


def test_a_token_is_made_for_somebody() -> None:
    with pytest.raises(TokensFileError, match="--name"):
        new_token("  ", Role.DISPATCHER)
