"""Who asks: the bearer token of each request."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from dashboards.console_errors import Handler, NotAllowedError, refusal
from dashboards.console_tokens import Doorkeeper
from streams.images.links import PREFIX as IMAGES
from streams.people import Actor, Role

DOORKEEPER = web.AppKey("doorkeeper", Doorkeeper)
ACTOR = web.RequestKey("actor", Actor)
TOKEN = web.RequestKey("token", str)

_OPEN = frozenset({"/livez", "/readyz"})
"""Probes have no token. Pictures need none either: their links are signed, and expire."""

_SCHEME = "bearer "


@web.middleware
async def known_people_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse whoever has no valid token; say who it is to the handlers."""
    if request.path in _OPEN or request.path.startswith(IMAGES):
        return await handler(request)
    doorkeeper = request.app[DOORKEEPER]
    header = request.headers.get("Authorization", "")
    token = header[len(_SCHEME) :].strip() if header.lower().startswith(_SCHEME) else ""
    actor = doorkeeper.who(token) if token else None
    if actor is None:
        answer = refusal(HTTPStatus.UNAUTHORIZED, _why(doorkeeper, token))
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer
    request[ACTOR], request[TOKEN] = actor, token
    return await handler(request)


def check_role(actor: Actor, *roles: Role) -> None:
    """That the person has one of the roles.

    Raises:
        NotAllowedError: another one.
    """
    if actor.role not in roles:
        msg = f"this is not allowed in the role {actor.role}; ask one who is {' or '.join(roles)}"
        raise NotAllowedError(msg)


def _why(doorkeeper: Doorkeeper, token: str) -> str:
    if doorkeeper.knows_nobody:
        return "nobody may come in yet; make a token with `platewatch console token`, and set console.tokens_file"
    if not token:
        return "a token is needed; send it as `Authorization: Bearer pw_...`"
    return "this token is not valid, or no longer; ask an administrator for another one"
