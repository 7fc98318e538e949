"""Many arguments of a Lua script as one: MessagePack as `cmsgpack.unpack` in Redis reads it.

The client packs a thousand of them in C, where it would spend a microsecond of Python on each as separate arguments.
Redis knows MessagePack's older form only, in which bytes and text are one type.
"""

from __future__ import annotations

import msgspec

_SHORT, _MEDIUM = 1 << 8, 1 << 16

pack_arguments = msgspec.msgpack.Encoder().encode
"""Texts, lists and dictionaries of them; bytes go through `lua_string`."""


def lua_string(data: bytes) -> msgspec.Raw:
    """The bytes as a string of Lua."""
    size = len(data)
    if size < _SHORT:
        return msgspec.Raw(b"\xd9%c%b" % (size, data))
    if size < _MEDIUM:
        return msgspec.Raw(b"\xda" + size.to_bytes(2, "big") + data)
    return msgspec.Raw(b"\xdb" + size.to_bytes(4, "big") + data)
