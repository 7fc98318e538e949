"""How Elasticsearch is configured, started and asked for its health."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import bcrypt
import yaml

from infra.local_stack.addresses import StackAddresses
from infra.local_stack.certificates import ServerCertificate
from infra.local_stack.credentials import CLIENT_USER
from infra.local_stack.launch import ConfigFile, LaunchPlan, Service, java_heap_options
from infra.local_stack.ports import HOST

# Measured: 192 MB start, but the first bulk load is refused below 384; load tests want 1 GB.
HEAP_MB = 384
# About 15 s, and over 100 s where other work takes most of the processor (seen: a load of 9 on two cores).
START_LIMIT_S = 300.0
_PROBE_TIMEOUT_S = 5.0
_ROLE = "platewatch_writer"

_LOGGING = """\
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%c{1.}] %m%n
appender.console.filter.threshold.type = ThresholdFilter
appender.console.filter.threshold.level = error
appender.rolling.type = RollingFile
appender.rolling.name = rolling
appender.rolling.fileName = ${sys:es.logs.base_path}/elasticsearch.log
appender.rolling.filePattern = ${sys:es.logs.base_path}/elasticsearch.%i.log
appender.rolling.layout.type = PatternLayout
appender.rolling.layout.pattern = [%d{ISO8601}][%-5p][%c{1.}] %m%n
appender.rolling.policies.type = Policies
appender.rolling.policies.size.type = SizeBasedTriggeringPolicy
appender.rolling.policies.size.size = 10MB
appender.rolling.strategy.type = DefaultRolloverStrategy
appender.rolling.strategy.max = 2
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
rootLogger.appenderRef.rolling.ref = rolling
"""


@dataclass(frozen=True, slots=True)
class ElasticsearchTls:
    """The server's certificate, and the password of its one user."""

    certificate: ServerCertificate
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ElasticsearchSpec:
    """All that decides how one Elasticsearch runs. `home` is its folder for config, data and logs."""

    home: Path
    program: Path
    java_home: Path
    port: int
    transport_port: int
    tls: ElasticsearchTls | None = None
    heap_mb: int = HEAP_MB


def plan(spec: ElasticsearchSpec) -> LaunchPlan:
    """The files and the command of an Elasticsearch."""
    return LaunchPlan(
        service=Service.ELASTICSEARCH,
        command=("/bin/bash", str(spec.program / "bin" / "elasticsearch")),
        files=(
            ConfigFile("config/elasticsearch.yml", yaml.safe_dump(_settings(spec), sort_keys=False)),
            ConfigFile("config/jvm.options", "\n".join(_java_options(spec)) + "\n"),
            ConfigFile("config/log4j2.properties", _LOGGING),
            *_security_files(spec.tls),
        ),
        folders=("config", "config/certs", "data", "logs", "tmp"),
        environment={
            "ES_JAVA_HOME": str(spec.java_home),
            "ES_PATH_CONF": str(spec.home / "config"),
            "ES_TMPDIR": str(spec.home / "tmp"),
            # The launcher waits beside the server for as long as it runs: keep it small.
            "CLI_JAVA_OPTS": "-XX:TieredStopAtLevel=1 -Xmx32m",
        },
        start_limit_s=START_LIMIT_S,
    )


def is_ready(addresses: StackAddresses) -> bool:
    """Whether the cluster answers and can take documents (yellow: no copies, as with one node)."""
    url = urlsplit(addresses.elasticsearch_url)
    connection: http.client.HTTPConnection
    if addresses.ca_file is None:
        connection = http.client.HTTPConnection(url.hostname or HOST, url.port, timeout=_PROBE_TIMEOUT_S)
    else:
        context = ssl.create_default_context(cafile=str(addresses.ca_file))
        connection = http.client.HTTPSConnection(
            url.hostname or HOST, url.port, timeout=_PROBE_TIMEOUT_S, context=context
        )
    headers = {}
    if (login := addresses.elasticsearch_login) is not None:
        token = base64.b64encode(f"{login.username}:{login.password}".encode()).decode()
        headers["Authorization"] = f"Basic {token}"
    try:
        connection.request("GET", "/_cluster/health", headers=headers)
        response = connection.getresponse()
        body = response.read()
        return response.status == http.client.OK and json.loads(body)["status"] in {"yellow", "green"}
    except (OSError, http.client.HTTPException, ValueError, KeyError):  # not there yet, which is the answer
        return False
    finally:
        connection.close()


def _settings(spec: ElasticsearchSpec) -> dict[str, object]:
    settings: dict[str, object] = {
        "cluster.name": "platewatch",
        "node.name": "local",
        "network.host": HOST,
        "http.port": spec.port,
        "transport.port": spec.transport_port,
        "discovery.type": "single-node",
        "path.data": str(spec.home / "data"),
        "path.logs": str(spec.home / "logs"),
        # A disk that is 95 % full would make all indices read-only; on a developer's machine that is a common state.
        "cluster.routing.allocation.disk.threshold_enabled": False,
        # The serial collector leaves garbage for long; the default breaker counts it, and refused bulk loads.
        "indices.breaker.total.use_real_memory": False,
        "xpack.security.enabled": spec.tls is not None,
    }
    if spec.tls is not None:
        settings |= {
            "xpack.security.http.ssl.enabled": True,
            "xpack.security.http.ssl.key": "certs/http.key",
            "xpack.security.http.ssl.certificate": "certs/http.crt",
            "xpack.security.http.ssl.certificate_authorities": ["certs/ca.crt"],
            "xpack.security.authc.realms.file.file1.order": 0,
        }
    return settings


def _java_options(spec: ElasticsearchSpec) -> tuple[str, ...]:
    return (
        *java_heap_options(spec.heap_mb),
        "-XX:-AlwaysPreTouch",
        "-XX:+ExitOnOutOfMemoryError",
        "-Djava.io.tmpdir=${ES_TMPDIR}",
        "-Dorg.apache.lucene.store.defaultReadAdvice=normal",
    )


def _security_files(tls: ElasticsearchTls | None) -> tuple[ConfigFile, ...]:
    if tls is None:
        return ()
    # Elasticsearch knows the form $2a$ alone; for passwords of up to 72 bytes $2b$ is the same.
    digest = bcrypt.hashpw(tls.password.encode(), bcrypt.gensalt(rounds=10, prefix=b"2a")).decode()
    roles = {
        _ROLE: {
            "cluster": ["monitor", "manage_index_templates", "manage_ilm"],
            "indices": [{"names": ["*"], "privileges": ["all"], "allow_restricted_indices": False}],
        }
    }
    return (
        ConfigFile("config/certs/http.key", tls.certificate.key),
        ConfigFile("config/certs/http.crt", tls.certificate.certificate),
        ConfigFile("config/certs/ca.crt", tls.certificate.authority),
        ConfigFile("config/users", f"{CLIENT_USER}:{digest}\n"),
        ConfigFile("config/users_roles", f"{_ROLE}:{CLIENT_USER}\n"),
        ConfigFile("config/roles.yml", yaml.safe_dump(roles, sort_keys=False)),
    )
