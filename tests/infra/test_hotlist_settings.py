"""Settings of list files: what is not allowed is told in one sentence with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.settings import SettingsError, load_settings
from infra.settings.hotlists import HotlistFileSettings


def load(tmp_path: Path, text: str) -> tuple[HotlistFileSettings, ...]:
    file = tmp_path / "platewatch.yaml"
    file.write_text(text, encoding="utf-8")
    return load_settings(file).hotlists.lists


def test_a_list_needs_no_more_than_a_name_and_a_file(tmp_path: Path) -> None:
    (found,) = load(tmp_path, "hotlists: {lists: [{name: ncic, file: /spool/ncic.csv}]}")
    assert found == HotlistFileSettings(
        name="ncic",
        file=Path("/spool/ncic.csv"),
        template="platewatch-csv",
        category="",
        fresh_for_h=24,
        load_at=("05:00",),
    )


@pytest.mark.parametrize(
    ("lists", "said"),
    [
        pytest.param("{name: a, file: a}, {name: a, file: b}", "the name 'a' stands twice", id="a-name-twice"),
        pytest.param("{name: ../a, file: a}", "hotlists.lists.0.name", id="a-path-for-a-name"),
        pytest.param("{name: a}", "hotlists.lists.0.file", id="no-file"),
        pytest.param("{name: a, file: a, load_at: ['25:00']}", "it is no time of day; write it as 05:30", id="hour-25"),
        pytest.param("{name: a, file: a, load_at: ['5:30']}", "hotlists.lists.0.load_at", id="one-digit"),
        pytest.param("{name: a, file: a, fresh_for_h: 0}", "hotlists.lists.0.fresh_for_h", id="never-fresh"),
        pytest.param("{name: a, file: a, templat: b}", "did you mean 'hotlists.lists.0.template'", id="misspelt-key"),
    ],
)
def test_what_is_not_allowed_is_told_with_its_place(tmp_path: Path, lists: str, said: str) -> None:
    with pytest.raises(SettingsError) as error:
        load(tmp_path, f"hotlists: {{lists: [{lists}]}}")
    assert said in str(error.value)
    assert "\n" not in str(error.value)
