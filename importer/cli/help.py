"""Help as plain text: commands and options under headings by purpose, without the libraries that draw it in boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    import typer

_REST = "Options"


class PanelCommand(TyperCommand):
    """A command whose help shows its options by panel."""

    def format_options(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]  # noqa: ANN401
        """Write arguments, then options by panel in the order of their first one; the common ones last."""
        panels: dict[str, list[tuple[str, str]]] = {"Arguments": []}
        rest: list[tuple[str, str]] = []
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is None:
                continue
            panel = "Arguments" if param.param_type_name == "argument" else getattr(param, "rich_help_panel", None)
            (rest if panel is None else panels.setdefault(panel, [])).append(record)
        _write_sections(formatter, {**panels, _REST: rest})


class PanelGroup(TyperGroup):
    """A group whose help shows its commands by panel."""

    def format_commands(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]  # noqa: ANN401
        """Write the commands by panel, each with its summary."""
        panels: dict[str, list[tuple[str, str]]] = {}
        limit = formatter.width - 6 - max(map(len, self.commands))
        for name in self.list_commands(ctx):
            command = self.commands[name]
            panel = getattr(command, "rich_help_panel", None) or "Commands"
            panels.setdefault(panel, []).append((name, command.get_short_help_str(limit)))
        _write_sections(formatter, panels)


def _write_sections(formatter: Any, sections: dict[str, list[tuple[str, str]]]) -> None:  # noqa: ANN401  # typer's own
    for heading, rows in sections.items():
        if rows:
            with formatter.section(heading):
                formatter.write_dl(rows)
