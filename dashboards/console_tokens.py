"""Who may use the console: bearer tokens, of which only the digest is kept."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import msgspec
import structlog
import yaml

from streams.people import PEOPLE, Actor, Role

_PREFIX = "pw_"
"""Lets scanners of repositories and logs find a token that was left there."""

_BYTES = 32

log = structlog.get_logger(__name__)


class TokensFileError(Exception):
    """The file of tokens cannot be used; the message says what to do."""


class TokenEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of the file: whose token it is. The token itself is nowhere."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    role: Role
    sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
    """Of the token. It is chosen at random, so a slow hash would make nothing harder to guess."""

    @property
    def actor(self) -> Actor:
        """The person."""
        return Actor(self.name, self.role)


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token, which is told once, and the line for the file."""

    token: str = field(repr=False)
    line: str


def new_token(name: str, role: Role) -> NewToken:
    """A token for a person.

    Raises:
        TokensFileError: nobody is named.
    """
    if not name.strip():
        msg = "say whose token it is: --name with the person's name"
        raise TokensFileError(msg)
    token = _PREFIX + secrets.token_urlsafe(_BYTES)
    entry = msgspec.to_builtins(TokenEntry(name.strip(), role, _digest(token)))
    line = yaml.safe_dump(entry, default_flow_style=True, sort_keys=False, width=10_000, allow_unicode=True)
    return NewToken(token, f"- {line.strip()}")


def read_tokens(path: Path) -> tuple[TokenEntry, ...]:
    """The lines of the file.

    Raises:
        TokensFileError: it cannot be read, or a line is not as it should be.
    """
    how = "write its lines as `platewatch console token` prints them"
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        msg = f"console.tokens_file {path} cannot be read ({error.strerror}); check the path and its permissions"
        raise TokensFileError(msg) from error
    except (yaml.YAMLError, UnicodeDecodeError):
        msg = f"console.tokens_file {path} is no YAML; {how}"
        raise TokensFileError(msg) from None
    try:
        entries = msgspec.convert(content or [], tuple[TokenEntry, ...])
    except msgspec.ValidationError as error:
        msg = f"console.tokens_file {path}: {error}; {how}"
        raise TokensFileError(msg) from error
    for entry in entries:
        if entry.role not in PEOPLE:
            msg = f"console.tokens_file {path}: {entry.name} has the role {entry.role}; give one of {', '.join(PEOPLE)}"
            raise TokensFileError(msg)
    return entries


def find(token: str, entries: Sequence[TokenEntry]) -> Actor | None:
    """Whose token it is. Takes the same time for all tokens: how long it takes says nothing about a digest."""
    digest = _digest(token)
    found = None
    for entry in entries:
        if hmac.compare_digest(digest, entry.sha256):
            found = entry.actor
    return found


class Doorkeeper:
    """Knows the tokens of now: the file is read again when it has changed. Used by one event loop.

    Args:
        path: of the file; None: nobody may come in.

    Raises:
        TokensFileError: the file cannot be used at the start; later its last good content counts on.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path.expanduser() if path else None
        self._version: tuple[int, int, int] | None = None
        self._entries: tuple[TokenEntry, ...] = ()
        if self._path is not None:
            self._version, self._entries = _version(self._path), read_tokens(self._path)

    @property
    def knows_nobody(self) -> bool:
        """Whether no token at all would be let in."""
        return not self._entries

    def who(self, token: str) -> Actor | None:
        """Whose token it is, at this moment; None where it is not, or no longer, valid."""
        self._renew()
        return find(token, self._entries)

    def _renew(self) -> None:
        if self._path is None or (version := _version(self._path)) == self._version:
            return
        self._version = version
        try:
            self._entries = read_tokens(self._path)
        except TokensFileError as error:
            log.error("tokens are as they were before the file changed", reason=str(error))
        else:
            log.info("tokens were read again", tokens=len(self._entries))


def _version(path: Path) -> tuple[int, int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
