"""The passwords of a secured stack: random, made once, each in a file that its owner alone reads."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, fields
from pathlib import Path

from infra.local_stack.private_files import write_private

# The user that Platewatch itself is to each service.
CLIENT_USER = "platewatch"
# Kafka's own user between brokers, and the one that writes access rules; both may do everything.
BROKER_USER = "broker"
ADMIN_USER = "admin"

# 24 random bytes: beyond guessing, and below the 72 characters that bcrypt looks at.
_PASSWORD_BYTES = 24


@dataclass(frozen=True, slots=True)
class StackCredentials:
    """The passwords in clear; they never print."""

    kafka: str = field(repr=False)
    kafka_broker: str = field(repr=False)
    kafka_admin: str = field(repr=False)
    elasticsearch: str = field(repr=False)
    redis: str = field(repr=False)


def password_file(folder: Path, name: str) -> Path:
    """Where the password of that name lies; names are the fields of StackCredentials."""
    return folder / f"{name}.password"


def load_or_create_credentials(folder: Path) -> StackCredentials:
    """The passwords in the folder; those that are missing are made. The folder is closed to others."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return StackCredentials(
        **{item.name: _load_or_create(password_file(folder, item.name)) for item in fields(StackCredentials)}
    )


def _load_or_create(path: Path) -> str:
    if not path.exists():
        write_private(path, secrets.token_urlsafe(_PASSWORD_BYTES))
    return path.read_text(encoding="utf-8").strip()
