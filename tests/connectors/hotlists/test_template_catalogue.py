"""Templates of one's own: found, or refused in one sentence that names the place."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from connectors.hotlists.code_tables import table_names
from connectors.hotlists.errors import HotlistTemplateError
from connectors.hotlists.loader import HotlistLoader
from connectors.hotlists.template_catalogue import DEFAULT_TEMPLATE, TEMPLATE_GROUP, all_templates, find_template
from streams.records import Category

GOOD = """\
name: mine
title: ours
layout: {kind: delimited, separator: tab}
columns:
  - {field: plate, header: PLATE, required: true}
defaults: {category: case}
"""


def write(tmp_path: Path, content: str) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(content, encoding="utf-8")
    return path


def plugin(name: str, value: str) -> EntryPoint:
    return EntryPoint(name=name, value=value, group=TEMPLATE_GROUP)


def test_a_template_is_found_by_name_or_by_path(tmp_path: Path) -> None:
    assert find_template(DEFAULT_TEMPLATE).name == DEFAULT_TEMPLATE
    assert find_template(str(write(tmp_path, GOOD))).name == "mine"


def test_a_name_that_nobody_has_is_told_with_those_that_are_known() -> None:
    with pytest.raises(
        HotlistTemplateError, match=r"no hot-list template 'ncic'; known are genetec-comma, .*ncic-codes"
    ):
        find_template("ncic")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(("title: ours", "titel: ours"), "titel is not known", id="misspelt-key"),
        pytest.param(("field: plate", "field: reason"), "no column is the plate's", id="no-plate"),
        pytest.param(("separator: tab", 'separator: ";;"'), "is not one character", id="two-characters"),
        pytest.param(("separator: tab", "separator: a"), "is not one character", id="a-letter"),
        pytest.param(("header: PLATE", "position: 1"), "not found by header", id="position-where-a-header-is"),
        pytest.param(("header: PLATE,", ""), "needs one of header, position", id="no-place"),
        pytest.param(("header: PLATE", "start: 1"), "needs one of header, position", id="start-without-length"),
        pytest.param(("category: case", "category: theft"), "category 'theft' is unknown", id="unknown-category"),
        pytest.param(("category: case", "plate: ABC123"), "cannot be given for all rows", id="a-plate-for-all"),
        pytest.param(("title: ours", "title: ours\nencoding: utf-9"), "encoding 'utf-9' is unknown", id="encoding"),
        pytest.param(("title: ours", "title: ours\ntime_zone: Mars/Base"), "time_zone 'Mars/Base'", id="time-zone"),
        pytest.param(("name: mine", "name: My List"), "name: ", id="bad-name"),
        pytest.param(("columns:", "columns: ["), "no valid YAML at line", id="broken-yaml"),
        pytest.param(
            ("columns:", "columns:\n  - {field: valid_from, header: D, date_format: DD.MM.YY}"),
            "must name YYYY, MM and DD",
            id="year-of-two-digits",
        ),
        pytest.param(
            ("columns:", "columns:\n  - {field: category, header: C, codes: {A: theft}}"),
            "category 'theft' is unknown",
            id="code-for-no-category",
        ),
        pytest.param(
            ("columns:", "columns:\n  - {field: state, header: S, codes: us-provinces}"),
            "no code table 'us-provinces' ships with Platewatch; known are",
            id="no-such-table",
        ),
        pytest.param(
            ("columns:", "columns:\n  - {field: plate, header: P2}"), "two columns feed plate", id="two-plates"
        ),
    ],
)
def test_a_template_that_says_what_cannot_be_is_refused(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    path = write(tmp_path, GOOD.replace(*change))
    with pytest.raises(HotlistTemplateError) as error:
        find_template(str(path))
    assert said in str(error.value)
    assert "mine.yaml" in str(error.value)


def test_a_missing_template_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(HotlistTemplateError, match=r"gone\.yaml cannot be read"):
        find_template(str(tmp_path / "gone.yaml"))


@pytest.mark.parametrize(
    ("entry_point", "said"),
    [
        pytest.param(
            plugin(DEFAULT_TEMPLATE, "connectors.hotlists.template_catalogue:TEMPLATE_GROUP"),
            "both have a hot-list template 'platewatch-csv'; uninstall one",
            id="name-that-ships",
        ),
        pytest.param(plugin("theirs", "no.such.module:X"), "cannot be loaded", id="broken-package"),
        pytest.param(
            plugin("theirs", "connectors.hotlists.template_catalogue:installed_plugins"),
            "gives no hot-list template of that name",
            id="something-else",
        ),
        pytest.param(
            plugin("theirs", "connectors.hotlists.template_catalogue:TEMPLATE_GROUP"),
            "cannot be read",
            id="path-of-nothing",
        ),
    ],
)
def test_a_package_s_template_that_cannot_be_used_is_told(entry_point: EntryPoint, said: str) -> None:
    with pytest.raises(HotlistTemplateError, match=said):
        all_templates(lambda: [entry_point])


def test_a_package_gives_a_template_or_the_path_of_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, GOOD)
    (tmp_path / "their_templates.py").write_text(f"MINE = {str(path)!r}\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    found = all_templates(lambda: [plugin("mine", "their_templates:MINE")])
    assert "mine" in {one.name for one in found}


def test_the_template_of_the_documentation_is_one(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "hotlists.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(name: .*?)```", page, re.DOTALL)
    template = find_template(str(write(tmp_path, example)))
    path = tmp_path / "revoked.txt"
    path.write_bytes("KKX902    XX202612311\r\nZZT551    OH202612319\r\nEND 2\r\n".encode("cp1252"))
    found = HotlistLoader(template, "city").read(path, datetime(2026, 4, 1, tzinfo=UTC))
    first, second = found.entries
    assert (first.state, first.category, first.instructions) == ("US-KY", Category.REVOKED, "City: do not stop")
    assert first.valid_until == datetime(2027, 1, 1, 5, tzinfo=UTC)
    assert second.instructions == ""


def test_the_documentation_names_every_template_and_table_that_ships() -> None:
    page = (Path(__file__).parents[3] / "docs" / "hotlists.md").read_text(encoding="utf-8")
    for name in [*(one.name for one in all_templates(tuple)), *table_names()]:
        assert f"`{name}`" in page, name
