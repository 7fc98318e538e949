"""Pictures over HTTP, for whoever has a link that is signed and has not expired."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus

import structlog
from aiohttp import web

from streams.images.links import PREFIX, ImageLinks, LinkAlteredError, LinkExpiredError
from streams.images.store import ImageStore, ImageStoreError

_HEADERS = {
    # A picture in somebody's cache would outlive its time.
    "Cache-Control": "private, no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'",
    "Referrer-Policy": "no-referrer",
}

log = structlog.get_logger(__name__)


def image_routes(
    store: ImageStore, links: ImageLinks, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> list[web.RouteDef]:
    """The route of signed links, `GET /images/{day}/{detection}/{kind}`.

    It answers 200 with the JPEG, 403 for a link that was altered, 410 for one that has expired, 404 where there is no
    picture any more and 503 while the store cannot be read; each refusal is one sentence. The link is all that it
    asks for, so whoever logs requests leaves the query out.
    """

    async def show(request: web.Request) -> web.Response:
        try:
            key = links.check(request.rel_url.raw_path, request.query, now())
        except LinkAlteredError as error:
            return _refusal(HTTPStatus.FORBIDDEN, str(error))
        except LinkExpiredError as error:
            return _refusal(HTTPStatus.GONE, str(error))
        try:
            picture = await asyncio.to_thread(store.get, key)
        except ImageStoreError as error:
            log.warning("picture cannot be read", detection=key.detection, reason=str(error))
            return _refusal(HTTPStatus.SERVICE_UNAVAILABLE, "pictures cannot be read at the moment; try again later")
        if picture is None:
            return _refusal(HTTPStatus.NOT_FOUND, "this picture is not kept any more")
        return web.Response(body=picture, content_type="image/jpeg", headers=_HEADERS)

    return [web.get(f"{PREFIX}{{day}}/{{detection}}/{{kind}}", show)]


def _refusal(status: HTTPStatus, sentence: str) -> web.Response:
    return web.Response(status=status, text=sentence + "\n", headers=_HEADERS)
