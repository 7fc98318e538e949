"""Bytes for Lua, in the older form of MessagePack that Redis reads."""

from __future__ import annotations

import pytest

from streams.lua_arguments import lua_string, pack_arguments


@pytest.mark.parametrize(
    ("size", "head"),
    [
        pytest.param(0, b"\xd9\x00", id="none"),
        pytest.param(255, b"\xd9\xff", id="one-byte-of-size"),
        pytest.param(256, b"\xda\x01\x00", id="two"),
        pytest.param(70_000, b"\xdb\x00\x01\x11\x70", id="four"),
    ],
)
def test_bytes_are_packed_as_a_string_whatever_they_hold(size: int, head: bytes) -> None:
    data = b"\xff" * size
    assert pack_arguments(["key", lua_string(data)]) == b"\x92\xa3key" + head + data
