"""What help shows: commands and options by purpose, each option from the field that declares it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, ClassVar

import pytest
from typer.testing import CliRunner

from importer.cli.app import COMMANDS, app
from importer.cli.settings_options import take_settings
from importer.settings import ApiSettings, CheckSettings, PlanSettings, ReadSettings, SendSettings
from importer.settings.option import Option, iter_options

run = CliRunner().invoke
NAMES = [name for commands in COMMANDS.values() for name in commands]


def read_panels(*arguments: str) -> dict[str, str]:
    """Return the headings of a help text, each with what stands below it."""
    found = run(app, [*arguments, "--help"], env={"COLUMNS": "80"})
    assert found.exit_code == 0
    parts = re.split(r"^(\S[^\n]*):$", found.stdout, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_commands_stand_in_panels_and_summaries_are_whole() -> None:
    """Each command stands under its purpose, with a summary that fits its line."""
    panels = read_panels()
    for panel, commands in COMMANDS.items():
        lines = [line for line in panels[panel].splitlines() if line.startswith("  ")][: len(commands)]
        assert [line.split()[0] for line in lines] == list(commands)
    assert "..." not in "".join(panels[panel] for panel in COMMANDS)


def test_options_of_an_import_stand_in_panels() -> None:
    """The options of an import are grouped by what they are about."""
    assert list(read_panels("import")) == ["Arguments", "Read", "Check", "Plan", "Send", "Server", "Report", "Options"]


@pytest.mark.parametrize("kind", [ReadSettings, CheckSettings, PlanSettings, SendSettings, ApiSettings])
def test_every_declared_option_is_offered(kind: type[Any]) -> None:
    """Each field that declares an option is an option of just the commands that it names, under its panel."""
    panels = {name: read_panels(name) for name in NAMES}
    declared = [one for _, one in iter_options(kind)]
    assert declared
    for one in declared:
        first = re.escape(one.name.split("/")[0])
        takers = {
            name
            for name, found in panels.items()
            if re.search(rf"^  {first}\b", found.get(one.panel, ""), re.MULTILINE)
        }
        assert takers
        assert not one.commands or takers == one.commands


def test_a_drafted_option_needs_only_its_field() -> None:
    """A field with an option reaches the command line, with its default in help, and comes back typed."""
    from dataclasses import dataclass  # noqa: PLC0415  # the draft's own

    import typer  # noqa: PLC0415  # the same

    @dataclass(frozen=True, kw_only=True)
    class Draft:
        """Settings that nobody knew before."""

        PANEL: ClassVar[str] = "Draft"

        dummy: int = Option("--dummy", "How many.", metavar="N").with_default(3)
        places: tuple[Path, ...] = Option("--place", "Where.").with_default(())

    taken: list[Draft] = []

    def command(*, draft: Any) -> None:  # noqa: ANN401  # replaced below
        taken.append(draft)

    command.__annotations__ = {"draft": Draft, "return": None}
    drafted = typer.Typer(rich_markup_mode=None)
    drafted.command()(take_settings(command, "draft"))
    assert "How many. Default: 3." in run(drafted, ["--help"]).stdout
    assert run(drafted, ["--dummy", "4", "--place", "a", "--place", "b"]).exit_code == 0
    assert run(drafted, []).exit_code == 0
    assert taken == [Draft(dummy=4, places=(Path("a"), Path("b"))), Draft()]


def test_a_settings_file_holds_for_sending_until_an_option_says_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the file sets for sending comes through the command, and an option takes its place."""
    monkeypatch.chdir(tmp_path)
    Path(".layer-importer.yaml").write_text("send: {workers: 2, settle: 1}\n")
    taken: list[SendSettings] = []

    def command(*, send: SendSettings) -> None:
        taken.append(send)

    command.__annotations__ = {"send": SendSettings, "return": None}
    import typer  # noqa: PLC0415  # for this command only

    drafted = typer.Typer(rich_markup_mode=None)
    drafted.command()(take_settings(command, "import"))
    ended = run(drafted, ["--settle", "0"])
    assert ended.exit_code == 0
    assert f"Using the settings in {tmp_path / '.layer-importer.yaml'}." in ended.stderr
    assert taken == [SendSettings(workers=2, settle=0.0)]
