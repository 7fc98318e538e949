from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from dashboards.images import image_routes
from streams.images.key import ImageKey, ImageKind
from streams.images.links import ImageLinks
from streams.images.store import DirectoryImageStore
from tests.builders import moment

LINKS = ImageLinks(b"k" * 32, "https://alpr.example", timedelta(hours=24))
PLATE = ImageKey(date(2026, 11, 22), "3f9c2a", ImageKind.PLATE)
JPEG = b"\xff\xd8 a plate \xff\xd9"

Client = TestClient[web.Request, web.Application]


class Clock:
    now = moment(60)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path) -> DirectoryImageStore:
    store = DirectoryImageStore(tmp_path)
    store.put(PLATE, JPEG)
    return store


@pytest.fixture
async def client(store: DirectoryImageStore, clock: Clock) -> AsyncIterator[Client]:
    app = web.Application()
    app.add_routes(image_routes(store, LINKS, clock))
    async with TestClient(TestServer(app)) as client:
        yield client


def local(kind: ImageKind = ImageKind.PLATE) -> str:
    """A link as the server behind the console's address sees it."""
    parts = urlsplit(LINKS.link("3f9c2a", moment(), kind, moment(60)))
    return f"{parts.path}?{parts.query}"


@pytest.mark.policy("KY-J.1")
async def test_a_link_shows_its_picture_which_no_cache_keeps(client: Client) -> None:
    async with client.get(local()) as answer:
        assert (answer.status, answer.content_type, await answer.read()) == (200, "image/jpeg", JPEG)
        assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("3f9c2a", "3f9c2b", id="another-picture"),
        pytest.param("expires=1", "expires=2", id="longer"),
        pytest.param("?", "?x=", id="no-expiry"),
        pytest.param("/plate?", "/scene?", id="another-kind"),
        pytest.param("2026-11-22/3f9c2a", "2026-11-22/..%2f..%2fetc", id="elsewhere"),
    ],
)
async def test_an_altered_link_shows_nothing_and_says_so_in_a_sentence(client: Client, old: str, new: str) -> None:
    async with client.get(local().replace(old, new, 1)) as answer:
        assert answer.status == 403
        assert await answer.text() == "this link was altered or is incomplete; use it as it stands in the alert\n"


async def test_a_link_that_has_expired_says_where_the_picture_is_to_be_seen(client: Client, clock: Clock) -> None:
    clock.now += timedelta(hours=24)
    async with client.get(local()) as answer:
        assert answer.status == 410
        assert await answer.text() == "this link has expired; open the alert in the console to see the picture\n"
        assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.policy("KY-N.3")
async def test_a_link_to_a_day_that_was_deleted_shows_nothing(client: Client, store: DirectoryImageStore) -> None:
    store.delete_day(PLATE.day)
    async with client.get(local()) as answer:
        assert answer.status == 404
        assert await answer.text() == "this picture is not kept any more\n"


async def test_a_store_that_cannot_be_read_is_told_apart_from_a_picture_that_is_not_there(
    client: Client, tmp_path: Path
) -> None:
    path = tmp_path / "2026-11-22" / "3f" / "3f9c2a.scene.jpg"
    path.mkdir()
    async with client.get(local(ImageKind.SCENE)) as answer:
        assert answer.status == 503
        assert str(tmp_path) not in await answer.text()


async def test_nothing_but_reading_is_answered(client: Client) -> None:
    async with client.post(local()) as answer:
        assert answer.status == 405
