"""Passwords: random, made once, and in files that their owner alone reads."""

from __future__ import annotations

from dataclasses import astuple, fields
from pathlib import Path

from infra.local_stack.credentials import StackCredentials, load_or_create_credentials, password_file


def test_passwords_are_made_once_and_differ_from_each_other(tmp_path: Path) -> None:
    made = load_or_create_credentials(tmp_path / "secrets")
    assert load_or_create_credentials(tmp_path / "secrets") == made
    assert len(set(astuple(made))) == len(fields(StackCredentials))
    assert load_or_create_credentials(tmp_path / "others") != made


def test_passwords_are_closed_to_others_and_never_print(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    made = load_or_create_credentials(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert password_file(folder, "kafka").stat().st_mode & 0o777 == 0o600
    assert password_file(folder, "kafka").read_text() == made.kafka
    assert not any(password in repr(made) for password in astuple(made))
