from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.settings.images import ImageSettings
from streams.images.key import ImageKey, ImageKind
from streams.images.links import ImageLinks, LinkAlteredError, LinkExpiredError, build_links
from tests.builders import moment

LINKS = ImageLinks(b"k" * 32, "https://alpr.example", timedelta(hours=24))
PLATE = ImageKey(date(2026, 11, 22), "3f9c2a", ImageKind.PLATE)
KEY_IN_BASE64 = "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="


def link(kind: ImageKind = ImageKind.PLATE) -> str:
    return LINKS.link("3f9c2a", moment(), kind, moment(60))


def check(address: str, now: datetime, links: ImageLinks = LINKS) -> ImageKey:
    parts = urlsplit(address)
    return links.check(parts.path, dict(parse_qsl(parts.query)), now)


def test_a_link_leads_to_its_picture_until_its_time_is_over() -> None:
    assert check(link(), moment(60)) == PLATE
    assert check(link(), moment(60 + 86399)) == PLATE
    assert check(link(ImageKind.SCENE), moment(60)) == ImageKey(PLATE.day, PLATE.detection, ImageKind.SCENE)


def test_a_link_names_day_id_and_kind_so_that_nobody_searches_for_the_picture() -> None:
    assert link().startswith("https://alpr.example/images/2026-11-22/3f9c2a/plate?expires=")


def test_the_day_in_a_link_is_that_of_the_capture_in_utc() -> None:
    evening = datetime(2026, 11, 22, 20, 0, tzinfo=timezone(timedelta(hours=-5)))
    assert "/images/2026-11-23/" in LINKS.link("3f9c2a", evening, ImageKind.PLATE, moment())


def test_the_same_arguments_give_the_same_link() -> None:
    assert link() == link()


def test_a_link_is_over_at_its_second() -> None:
    with pytest.raises(LinkExpiredError, match="has expired; open the alert"):
        check(link(), moment(60 + 86400))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("3f9c2a", "3f9c2b", id="another-id"),
        pytest.param("2026-11-22", "2026-11-23", id="another-day"),
        pytest.param("/plate?", "/scene?", id="another-kind"),
        pytest.param("expires=1", "expires=2", id="longer"),
        pytest.param("signature=", "signature=A", id="another-signature"),
        pytest.param("&signature=", "&x=", id="no-signature"),
        pytest.param("expires=", "x=", id="no-expiry"),
        pytest.param("3f9c2a", "%33f9c2a", id="encoded-otherwise"),
    ],
)
def test_a_link_that_was_altered_is_refused_and_never_called_expired(old: str, new: str) -> None:
    altered = link().replace(old, new, 1)
    assert altered != link()
    for now in (moment(60), moment(10**8)):
        with pytest.raises(LinkAlteredError, match="use it as it stands in the alert"):
            check(altered, now)


def test_another_key_signs_other_links() -> None:
    with pytest.raises(LinkAlteredError):
        check(link(), moment(60), ImageLinks(b"K" * 32, LINKS.base, LINKS.lifetime))


@given(path=st.text(max_size=60), expires=st.text(max_size=20), signature=st.text(max_size=60))
def test_nothing_that_is_made_up_leads_to_a_picture(path: str, expires: str, signature: str) -> None:
    with pytest.raises(LinkAlteredError):
        LINKS.check(path, {"expires": expires, "signature": signature}, moment())


def test_no_link_is_made_to_what_could_lead_elsewhere() -> None:
    with pytest.raises(ValueError, match="no id that a picture can be filed under"):
        LINKS.link("../../x", moment(), ImageKind.PLATE, moment())


def test_the_key_is_not_among_what_a_log_would_show_of_links() -> None:
    assert "kkkk" not in repr(LINKS)


def test_settings_without_an_address_give_no_links_and_with_one_give_those_of_its_key() -> None:
    assert build_links(ImageSettings()) is None
    settings = ImageSettings(link_base="https://alpr.example/", link_key=KEY_IN_BASE64, link_lifetime_s=86400)
    built = build_links(settings)
    assert built is not None
    assert built.link("3f9c2a", moment(), ImageKind.PLATE, moment(60)) == link()
    assert check(link(), datetime(2026, 11, 22, 12, 2, tzinfo=UTC), built) == PLATE
