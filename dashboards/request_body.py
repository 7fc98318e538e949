"""The JSON that comes with a request, checked at the border."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from aiohttp import web

from dashboards.query_values import RequestRefusedError

BodyT = TypeVar("BodyT", bound=msgspec.Struct)


class RequestBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The root of what is asked with: a field that we do not know is a mistake, and is told."""


async def read_body(request: web.Request, kind: type[BodyT]) -> BodyT:
    """The body of the request; an empty one stands for an object without fields.

    Raises:
        RequestRefusedError: it is not JSON, or not as it should be.
    """
    try:
        return msgspec.json.decode(await request.read() or b"{}", type=kind)
    except msgspec.DecodeError as error:
        msg = f"the request's body is not as it should be: {error}"
        raise RequestRefusedError(msg) from error
