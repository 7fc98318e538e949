"""List files at the command line, as far as no server is needed: what is wrong is told in one line, in time."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.cli.main import main


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str, str]:
    monkeypatch.setattr("sys.argv", ["platewatch", "hotlist", *arguments])
    with pytest.raises(SystemExit) as exit_:
        main()
    code = exit_.value.code
    assert isinstance(code, int)
    out, err = capsys.readouterr()
    return code, " ".join(out.split()), " ".join(err.split())


def write(content: str, name: str = "list.csv") -> str:
    Path(name).write_text(content, encoding="utf-8")
    return name


@pytest.mark.parametrize(
    ("command", "said"),
    [
        pytest.param("load good.csv --list local", "each approved; propose one", id="the-local-list"),
        pytest.param("load good.csv --list ../x", "'../x' is no name for a hot list", id="a-path-for-a-name"),
        pytest.param("load good.csv --list x --template y", "no hot-list template 'y'", id="no-such-template"),
        pytest.param("load good.csv --list x --category y", "category 'y' is unknown", id="no-such-category"),
        pytest.param("load bad.csv --list x", "50.0%) are refused; at most 2.0%", id="refused-rows"),
        pytest.param("load good.csv --list x --delta", "load its whole file first", id="changes-to-nothing"),
        pytest.param("load gone.csv --list x", "gone.csv cannot be read", id="no-file"),
        pytest.param("check good.csv --template ncic-codes", "looks like template platewatch-csv", id="other-template"),
        pytest.param("check good.csv --template gone.yaml", "gone.yaml cannot be read", id="no-template-file"),
    ],
)
def test_a_load_that_cannot_be_is_told_in_one_line_before_any_server_is_asked(
    command: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write("plate,category,action\nABC123,case,add\n", "good.csv")
    write("plate,category\nABC123,case\nA,case\n", "bad.csv")
    code, _, err = run(command.split(), monkeypatch, capsys)
    assert code == 2
    assert said in err
    assert "Traceback" not in err


def test_a_check_counts_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "".join(f"{'A' * (1 + line % 2)},case\n" for line in range(30))
    name = write("plate,category\n" + rows + "ABC123,case\nOLD123,case\n")
    code, out, _ = run(["check", name], monkeypatch, capsys)
    assert code == 0
    assert "32 rows: 15 refused, 0 over, 14 duplicates" in out
    assert "3 entries, 0 removals" in out
    assert "line 2: plate 'A' has 1 letters and digits" in out
    assert "and 5 more" in out
    assert [path.name for path in Path().iterdir()] == [name]


def test_the_templates_are_a_table(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(["templates"], monkeypatch, capsys)
    assert code == 0
    for said in ("platewatch-csv", "ncic-codes", "genetec-fixed", "fixed width", "vigilant-alerts"):
        assert said in out
