"""The console's web application: the live feed and the HTTP API; the only way in is `build_console`."""

from __future__ import annotations

from collections.abc import AsyncIterator

from aiohttp import web

from dashboards.alert_api import ALERTS, TELLER, alert_routes
from dashboards.alert_feed.feed import AlertFeed, open_alert_feed
from dashboards.alert_feed.serving import serve_feed
from dashboards.alert_service import open_alerts
from dashboards.alert_telling import build_teller
from dashboards.console_access import DOORKEEPER, TOKEN, known_people_only
from dashboards.console_errors import errors_as_json
from dashboards.console_tokens import Doorkeeper
from dashboards.images import image_routes
from dashboards.subscription_api import SUBSCRIPTIONS, subscription_routes
from dashboards.subscription_service import open_subscriptions
from infra.health import HealthChecks, health_routes
from infra.settings import Settings
from streams.images.links import build_links
from streams.images.store import DirectoryImageStore

SETTINGS = web.AppKey("settings", Settings)
FEED = web.AppKey("feed", AlertFeed)

_MOST_BYTES = 256 * 1024
"""Of a request: a subscription's template and certificates are the most that comes."""


def build_console(settings: Settings) -> web.Application:
    """The application of an installation.

    Raises:
        TokensFileError: the file of tokens cannot be used.
    """
    app = web.Application(middlewares=[errors_as_json, known_people_only], client_max_size=_MOST_BYTES)
    app[SETTINGS] = settings
    app[DOORKEEPER] = Doorkeeper(settings.console.tokens_file)
    app[TELLER] = build_teller(settings)
    app.cleanup_ctx.extend((_feed, _alerts, _subscriptions))
    app.on_shutdown.append(_stop_feed)
    app.add_routes(health_routes(HealthChecks(lambda: app[FEED].breakage, lambda: app[FEED].fault)))
    app.add_routes([web.get("/alerts/feed", _serve_feed, allow_head=False)])
    app.add_routes(alert_routes())
    app.add_routes(subscription_routes())
    if (links := build_links(settings.images)) is not None:
        app.add_routes(image_routes(DirectoryImageStore(settings.images.dir), links))
    return app


async def _serve_feed(request: web.Request) -> web.StreamResponse:
    token = request[TOKEN]
    return await serve_feed(request, request.app[FEED], lambda: request.app[DOORKEEPER].who(token) is not None)


async def _feed(app: web.Application) -> AsyncIterator[None]:
    async with open_alert_feed(app[SETTINGS], app[TELLER].event) as feed:
        app[FEED] = feed
        yield


async def _alerts(app: web.Application) -> AsyncIterator[None]:
    async with open_alerts(app[SETTINGS]) as alerts:
        app[ALERTS] = alerts
        yield


async def _subscriptions(app: web.Application) -> AsyncIterator[None]:
    async with open_subscriptions(app[SETTINGS]) as subscriptions:
        app[SUBSCRIPTIONS] = subscriptions
        yield


async def _stop_feed(app: web.Application) -> None:
    # Before the server waits for its requests to end: these would not, by themselves.
    app[FEED].stop()
