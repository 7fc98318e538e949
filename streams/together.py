"""Waiting for several things at once, so that none of them goes on unseen."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable


async def all_of(works: Iterable[Awaitable[None]]) -> None:
    """Wait for all, also where one fails.

    Raises:
        Exception: the first error, once all have ended: whoever tries again meets nothing that is still under way.
    """
    for result in await asyncio.gather(*works, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result
