"""Which ports the services listen on, all on 127.0.0.1."""

from __future__ import annotations

import random
import socket
from collections.abc import Callable
from dataclasses import asdict, dataclass

import psutil

from infra.local_stack.errors import PortInUseError

HOST = "127.0.0.1"

# Below the range from which systems take the ports of outgoing connections (Linux from 32768, macOS from 49152): a
# client that tries to reach a stopped service there could be given that service's own port, and keep it from starting.
LOWEST_FREE_PORT = 20_000
HIGHEST_FREE_PORT = 29_999
_TRIES = 200


@dataclass(frozen=True, slots=True)
class StackPorts:
    """The ports of one stack. Clients need `kafka`, `elasticsearch` and `redis`; the others are the servers' own."""

    kafka: int
    kafka_controller: int
    elasticsearch: int
    elasticsearch_transport: int
    redis: int


def port_is_free(port: int) -> bool:
    """Whether nothing listens on the port of 127.0.0.1."""
    with socket.socket() as client:
        client.settimeout(1.0)
        if client.connect_ex((HOST, port)) == 0:
            return False
    with socket.socket() as server:
        # As the servers themselves do: connections of the last run that the system still remembers are no hindrance.
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind((HOST, port))
        except OSError:
            return False
    return True


def choose_ports(
    kafka: int | None = None,
    elasticsearch: int | None = None,
    redis: int | None = None,
    *,
    is_free: Callable[[int], bool] = port_is_free,
) -> StackPorts:
    """The ports given, and free ones for the rest.

    Raises:
        PortInUseError: no free port was found.
    """
    taken = {port for port in (kafka, elasticsearch, redis) if port is not None}

    def free() -> int:
        for _ in range(_TRIES):
            port = random.randint(LOWEST_FREE_PORT, HIGHEST_FREE_PORT)  # noqa: S311 (nothing secret about a port)
            if port not in taken and is_free(port):
                taken.add(port)
                return port
        msg = (
            f"no free port was found between {LOWEST_FREE_PORT} and {HIGHEST_FREE_PORT} on {HOST}: "
            "end programs that listen there, or give the ports with --ports-from"
        )
        raise PortInUseError(msg)

    return StackPorts(
        kafka=kafka or free(),
        kafka_controller=free(),
        elasticsearch=elasticsearch or free(),
        elasticsearch_transport=free(),
        redis=redis or free(),
    )


def check_free(port: int, service: str, *, is_free: Callable[[int], bool] = port_is_free) -> None:
    """Refuse a port that another program listens on.

    Raises:
        PortInUseError: it is in use; the message names the program where the system tells.
    """
    if is_free(port):
        return
    msg = (
        f"port {port}, which {service} needs, is in use{_by_whom(port)}: end that program, "
        "or give another port with --ports-from"
    )
    raise PortInUseError(msg)


def ports_from_dict(raw: dict[str, int]) -> StackPorts:
    """The ports as `ports_to_dict` gave them."""
    return StackPorts(**raw)


def ports_to_dict(ports: StackPorts) -> dict[str, int]:
    """The ports as plain data."""
    return asdict(ports)


def _by_whom(port: int) -> str:
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,) and connection.pid:
                return f" by {psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:  # not told to ordinary users on some systems; the port alone must do
        pass
    return ""
