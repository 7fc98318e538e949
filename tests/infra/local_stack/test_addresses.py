"""The settings fragment that a start writes is what Platewatch's settings read."""

from __future__ import annotations

from pathlib import Path

from infra.local_stack.addresses import Login, StackAddresses, settings_fragment
from infra.settings import load_settings


def build_addresses(tmp_path: Path, *, secured: bool) -> StackAddresses:
    def login(name: str) -> Login | None:
        path = tmp_path / f"{name}.password"
        path.write_text(f"{name}-pw")
        return Login("platewatch", f"{name}-pw", path) if secured else None

    return StackAddresses(
        kafka_bootstrap="127.0.0.1:20001",
        elasticsearch_url="https://127.0.0.1:20002" if secured else "http://127.0.0.1:20002",
        redis_url="redis://127.0.0.1:20003/0",
        settings_file=tmp_path / "settings.yaml",
        kafka_login=login("kafka"),
        elasticsearch_login=login("elasticsearch"),
        redis_login=login("redis"),
        ca_file=tmp_path / "ca.crt" if secured else None,
    )


def test_settings_read_the_addresses_of_a_plain_stack(tmp_path: Path) -> None:
    addresses = build_addresses(tmp_path, secured=False)
    addresses.settings_file.write_text(settings_fragment(addresses))
    settings = load_settings(addresses.settings_file)
    assert settings.kafka.bootstrap == addresses.kafka_bootstrap
    assert settings.redis.url == addresses.redis_url
    assert settings.elasticsearch.url == addresses.elasticsearch_url
    assert settings.kafka.security == "plaintext"


def test_settings_read_the_logins_of_a_secured_stack(tmp_path: Path) -> None:
    addresses = build_addresses(tmp_path, secured=True)
    fragment = settings_fragment(addresses)
    addresses.settings_file.write_text(fragment)
    settings = load_settings(addresses.settings_file)
    assert settings.kafka.security == "sasl_ssl"
    assert settings.kafka.ca_file == settings.elasticsearch.ca_file == addresses.ca_file
    assert (settings.redis.username, settings.redis.secret) == ("platewatch", "redis-pw")
    assert settings.elasticsearch.secret == "elasticsearch-pw"
    assert "-pw" not in fragment


def test_logins_never_print_their_password(tmp_path: Path) -> None:
    assert "kafka-pw" not in repr(build_addresses(tmp_path, secured=True))
