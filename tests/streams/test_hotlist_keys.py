"""What is told of a version, and its name."""

from __future__ import annotations

import pytest

from streams.hotlist_keys import VersionMeta, is_of_this_layout, version_keys, version_name
from tests.builders import moment


def meta(**changes: object) -> VersionMeta:
    facts: dict[str, object] = {"plates": 2, "entries": 4, "partials": 1, "loaded_at": moment(0.25)}
    return VersionMeta(**facts | changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(meta(), id="without-limit"),
        pytest.param(meta(fresh_for_h=0.1, source_digest="ab", revision=3, partials_revision=1), id="all-of-it"),
    ],
)
def test_what_is_told_of_a_version_comes_back_from_redis(told: VersionMeta) -> None:
    stored = {name.encode(): value.encode() for name, value in told.to_hash().items()}
    assert VersionMeta.from_hash(stored) == told


def test_a_version_tells_of_the_changes_made_since_it_was_loaded() -> None:
    assert [meta(revision=revision).public_version("v") for revision in (0, 3)] == ["v", "v+3"]


@pytest.mark.parametrize(
    ("fresh_for_h", "after_s", "late"),
    [
        pytest.param(24.0, 86_400.25, False, id="at-the-limit"),
        pytest.param(24.0, 86_400.26, True, id="behind-it"),
        pytest.param(None, 1e9, False, id="no-limit"),
    ],
)
def test_a_list_is_late_when_its_time_has_passed(fresh_for_h: float | None, after_s: float, late: bool) -> None:
    told = meta(fresh_for_h=fresh_for_h)
    assert told.is_late(moment(after_s)) is late
    assert told.summary("stolen", "v", moment(after_s)).late is late


def test_a_version_s_name_sorts_by_time_and_tells_its_rules() -> None:
    names = [version_name("0123456789ab", "f00dfacecafe", moment(day * 86_400)) for day in range(12)]
    assert names == sorted(names)
    assert all(map(is_of_this_layout, names))
    assert not is_of_this_layout("20261122T120000Z-f1-0123456789ab"), "of a release before cells"


def test_no_two_keys_of_lists_with_awkward_names_are_one() -> None:
    keys = [
        key
        for hotlist in ("a", "a:b", "a:b:meta", "a:v")
        for version in ("v", "v2")
        for key in (version_keys(hotlist, version).cells, version_keys(hotlist, version).meta)
    ]
    assert len(set(keys)) == len(keys)
