"""Ports: chosen outside of the range of outgoing connections, and refused with a name when in use."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from dataclasses import astuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local_stack.errors import PortInUseError
from infra.local_stack.ports import (
    HIGHEST_FREE_PORT,
    HOST,
    LOWEST_FREE_PORT,
    check_free,
    choose_ports,
    port_is_free,
    ports_from_dict,
    ports_to_dict,
)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.socket() as server:
        server.bind((HOST, 0))
        server.listen()
        yield server


def test_a_port_in_use_is_refused_with_who_has_it(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    assert not port_is_free(port)
    with pytest.raises(PortInUseError, match=rf"port {port}, which kafka needs.*process {os.getpid()}.*--ports-from"):
        check_free(port, "kafka")


def test_a_port_is_free_again_when_its_listener_is_gone(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    listener.close()
    assert port_is_free(port)


@given(taken=st.sets(st.integers(LOWEST_FREE_PORT, HIGHEST_FREE_PORT), max_size=50))
def test_chosen_ports_are_free_distinct_and_below_outgoing_connections(taken: set[int]) -> None:
    ports = astuple(choose_ports(is_free=lambda port: port not in taken))
    assert len(set(ports)) == len(ports)
    assert not taken & set(ports)
    assert all(LOWEST_FREE_PORT <= port <= HIGHEST_FREE_PORT for port in ports)


def test_ports_that_were_given_are_kept() -> None:
    ports = choose_ports(kafka=9092, redis=6379, is_free=lambda _port: True)
    assert (ports.kafka, ports.redis) == (9092, 6379)
    assert ports_from_dict(ports_to_dict(ports)) == ports


def test_no_free_port_at_all_is_one_sentence() -> None:
    with pytest.raises(PortInUseError, match="no free port"):
        choose_ports(is_free=lambda _port: False)
