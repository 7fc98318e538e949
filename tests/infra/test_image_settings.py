from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from infra.settings.images import ImageSettings, Scene

KEY = "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="


def refusal(**changes: Any) -> str:
    with pytest.raises(ValidationError) as raised:
        ImageSettings(**changes)
    assert KEY not in str(raised.value)
    return str(raised.value)


def test_without_a_word_pictures_are_kept_and_no_links_are_given() -> None:
    settings = ImageSettings()
    assert (settings.enabled, settings.scene, settings.link_base) == (True, Scene.SMALL, "")


def test_the_key_comes_from_a_file_and_never_prints(tmp_path: Path) -> None:
    file = tmp_path / "links.key"
    file.write_text(KEY + "\n", encoding="utf-8")
    settings = ImageSettings(link_key_file=file, link_base="https://alpr.example/dispatch/")
    assert settings.link_key_bytes == b"k" * 32
    assert settings.link_base == "https://alpr.example/dispatch"
    assert KEY not in repr(settings)


@pytest.mark.parametrize("key", ["c2hvcnQ=", "not base64!", KEY + KEY])
def test_a_key_of_another_length_is_refused_with_the_command_that_makes_one(key: str) -> None:
    assert "openssl rand -base64 32" in refusal(link_key=key)


@pytest.mark.parametrize("base", ["alpr.example", "ftp://alpr.example", "https://", "file:///images"])
def test_a_base_that_no_browser_opens_is_refused(base: str) -> None:
    assert "such as https://alpr.example" in refusal(link_base=base, link_key=KEY)


@pytest.mark.parametrize("base", ["https://a:b@alpr.example", "https://alpr.example?x=1", "https://alpr.example#x"])
def test_a_base_that_says_more_than_where_is_refused(base: str) -> None:
    assert "no user, query or fragment" in refusal(link_base=base, link_key=KEY)


def test_links_without_a_key_are_refused() -> None:
    assert "link_key_file must be too" in refusal(link_base="https://alpr.example")
