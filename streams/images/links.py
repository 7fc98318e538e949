"""Links to pictures that anybody who has one may follow, until it expires. Pure.

A link is `https://console/images/2026-11-25/3f9c…/plate?expires=1764100000&signature=…`. The signature is
HMAC-SHA256 over path and expiry, so that nobody makes a link to another picture, or makes one last longer.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from infra.settings.images import ImageSettings
from streams.images.key import ImageKey, ImageKind, day_of

PREFIX = "/images/"

_PATH = re.compile(re.escape(PREFIX) + r"(?P<day>\d{4}-\d\d-\d\d)/(?P<detection>[^/]+)/(?P<kind>[a-z]+)")
_EXPIRES = re.compile(r"\d{1,12}", re.ASCII)


class LinkError(Exception):
    """A link is not to be followed; the message says why, and how to get one that is."""


class LinkExpiredError(LinkError):
    """It was good once."""


class LinkAlteredError(LinkError):
    """It is none of ours, or was changed on the way."""


@dataclass(frozen=True, slots=True)
class ImageLinks:
    """Makes links, and tells those that it made.

    Args:
        key: secret of whoever makes and whoever checks links.
        base: address of the console, such as https://alpr.example, without a slash at its end.
        lifetime: how long a link is good.
    """

    key: bytes = field(repr=False)
    base: str
    lifetime: timedelta

    def link(self, detection: str, captured_at: datetime, kind: ImageKind, now: datetime) -> str:
        """An address under which the picture is found until `now` and the lifetime have passed.

        The same arguments give the same link: a message that is built again stays the same where `now` does.

        Raises:
            ValueError: the id is none that a picture can be filed under.
        """
        picture = ImageKey(day_of(captured_at), detection, kind)
        path = f"{PREFIX}{picture.day.isoformat()}/{detection}/{kind}"
        expires = str(int((now + self.lifetime).timestamp()))
        return f"{self.base}{path}?{urlencode({'expires': expires, 'signature': self._signature(path, expires)})}"

    def check(self, path: str, query: Mapping[str, str], now: datetime) -> ImageKey:
        """The picture that a link leads to.

        Args:
            path: as it was asked for, from `/images/` on, not decoded.
            query: the parameters.
            now: the time.

        Raises:
            LinkAlteredError: the signature is missing, or is not that of path and expiry.
            LinkExpiredError: its time is over.
        """
        expires, signature = query.get("expires", ""), query.get("signature", "")
        expected = self._signature(path, expires)
        is_ours = hmac.compare_digest(signature.encode("utf-8", "replace"), expected.encode())
        if not is_ours or not _EXPIRES.fullmatch(expires):
            msg = "this link was altered or is incomplete; use it as it stands in the alert"
            raise LinkAlteredError(msg)
        if now.timestamp() >= int(expires):
            msg = "this link has expired; open the alert in the console to see the picture"
            raise LinkExpiredError(msg)
        return _picture(path)

    def _signature(self, path: str, expires: str) -> str:
        digest = hmac.new(self.key, f"{path}\n{expires}".encode("utf-8", "replace"), hashlib.sha256).digest()
        return urlsafe_b64encode(digest).rstrip(b"=").decode()


def build_links(settings: ImageSettings) -> ImageLinks | None:
    """The links of an installation; None where it gives none."""
    if not settings.link_base or settings.link_key is None:
        return None
    return ImageLinks(settings.link_key_bytes, settings.link_base, timedelta(seconds=settings.link_lifetime_s))


def _picture(path: str) -> ImageKey:
    """What a signed path names."""
    found = _PATH.fullmatch(path)
    try:
        if found is None:
            raise ValueError(path)
        return ImageKey(date.fromisoformat(found["day"]), found["detection"], ImageKind(found["kind"]))
    except ValueError:
        msg = "this link leads to no picture; use it as it stands in the alert"
        raise LinkAlteredError(msg) from None
