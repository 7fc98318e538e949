"""Redis' files and command, open and with a password."""

from __future__ import annotations

from pathlib import Path

from infra.local_stack.redis import RedisSpec, plan


def directives(spec: RedisSpec) -> list[str]:
    return next(file.content for file in plan(spec).files if file.path == "redis.conf").splitlines()


def test_redis_is_on_the_loopback_interface_keeps_its_data_and_never_drops_entries() -> None:
    lines = directives(RedisSpec(Path("/stack/redis"), Path("/bin/valkey-server"), 6379))
    assert {"bind 127.0.0.1", "port 6379", "appendonly yes", "maxmemory-policy noeviction"} <= set(lines)
    assert not any(line.startswith("aclfile") for line in lines)


def test_with_a_password_only_platewatch_gets_in_and_the_password_is_hashed() -> None:
    launch_plan = plan(RedisSpec(Path("/stack/redis"), Path("/bin/valkey-server"), 6379, "the-password"))
    rules = next(file.content for file in launch_plan.files if file.path == "users.acl")
    assert "user default off" in rules
    assert "user platewatch on #" in rules
    assert "-@admin" in rules
    assert not any("the-password" in text for text in (*launch_plan.command, *(f.content for f in launch_plan.files)))
