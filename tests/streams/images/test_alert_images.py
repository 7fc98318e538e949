from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from infra.settings.images import ImageSettings
from streams.images.alert_images import AlertImages
from streams.images.key import ImageKey, ImageKind
from streams.images.links import ImageLinks
from streams.images.store import DirectoryImageStore
from streams.records import Alert, HitSighting, ImageReference
from tests.builders import build_alert, build_detection, build_image, build_match, moment

LINKS = ImageLinks(b"k" * 32, "https://alpr.example", timedelta(hours=24))
BEST = "pass-ABC123-60"
DAY = moment().date()


def sighting(at_s: float, image: ImageReference | None) -> HitSighting:
    return HitSighting(
        detection=f"pass-ABC123-{at_s:g}",
        plate="ABC123",
        camera="gate",
        captured_at=moment(at_s),
        probability=0.9,
        image=image,
    )


def alert(image: ImageReference | None, *sightings: HitSighting) -> Alert:
    one = build_alert()
    match = build_match(at_s=60, detection=build_detection(at_s=60, image=image))
    return msgspec.structs.replace(one, hit=msgspec.structs.replace(one.hit, match=match, sightings=sightings))


@pytest.fixture
def images(tmp_path: Path) -> AlertImages:
    store = DirectoryImageStore(tmp_path)
    store.put(ImageKey(DAY, BEST, ImageKind.PLATE), b"the plate")
    return AlertImages(store, LINKS)


@pytest.mark.policy("KY-J.1")
def test_every_sighting_that_has_a_picture_has_a_link_to_it(images: AlertImages) -> None:
    two_days = sighting(86_400, build_image())
    link = images.links_of(
        alert(build_image(), sighting(0, None), sighting(60, build_image()), two_days), moment(86_500)
    )
    assert link(BEST) == LINKS.link(BEST, moment(60), ImageKind.PLATE, moment(86_500))
    assert "/images/2026-11-23/" in (link(two_days.detection) or "")
    assert link("pass-ABC123-0") is None
    assert link("of another alert") is None


def test_the_deciding_detection_has_a_link_where_sightings_are_not_told(images: AlertImages) -> None:
    assert images.links_of(alert(build_image()), moment(70))(BEST) is not None
    assert images.links_of(alert(None), moment(70))(BEST) is None


def test_there_is_a_link_to_a_scene_only_where_one_is_kept(images: AlertImages) -> None:
    for image, expected in ((build_image(), True), (build_image(scene_sha256=None), False)):
        link = images.links_of(alert(image), moment(70), ImageKind.SCENE)(BEST)
        assert (link is not None) is expected
        assert link is None or "/scene?" in link


def test_an_installation_without_links_gives_none_but_has_the_crop(tmp_path: Path) -> None:
    images = AlertImages.of(ImageSettings(dir=tmp_path))
    assert images.links_of(alert(build_image()), moment(70))(BEST) is None


@pytest.mark.policy("KY-J.1")
async def test_the_crop_is_the_picture_of_the_deciding_plate(images: AlertImages) -> None:
    assert await images.crop_of(alert(build_image())) == b"the plate"


async def test_there_is_no_crop_where_no_picture_was_kept_or_its_day_is_gone(
    images: AlertImages, tmp_path: Path
) -> None:
    assert await images.crop_of(alert(None)) is None
    DirectoryImageStore(tmp_path).delete_day(DAY)
    assert await images.crop_of(alert(build_image())) is None


async def test_a_store_that_cannot_be_read_costs_the_crop_and_not_the_message(tmp_path: Path) -> None:
    (tmp_path / "2026-11-22" / "pa" / f"{BEST}.plate.jpg").mkdir(parents=True)
    assert await AlertImages(DirectoryImageStore(tmp_path), LINKS).crop_of(alert(build_image())) is None
