"""The texts that people read: README and guide, and what their hidden comments mark.

``<!-- NAME: begin -->`` and ``<!-- NAME: end -->`` stand around what is made from the code.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from importer.guide.pages import KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
GUIDE = ROOT / "importer" / "guide"
_MADE = re.compile(r"<!-- (?P<name>[\w ]+): begin -->\n(?P<text>.*?)<!-- (?P=name): end -->", re.DOTALL)


def list_documents() -> list[Path]:
    """Return README and all pages of the guide."""
    return [README, *(path for kind in KINDS for path in sorted((GUIDE / kind).glob("*.md")))]


def find_page(name: str) -> Path:
    """Return the file of a page by its name."""
    (path,) = GUIDE.glob(f"*/{name}.md")
    return path


def read_section(path: Path, title: str) -> str:
    """Return the text below a heading of the second level."""
    text = path.read_text(encoding="utf-8")
    return text.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def read_made(path: Path) -> dict[str, str]:
    """Return name -> text of each part of a document that is made from the code."""
    return {match["name"]: match["text"] for match in _MADE.finditer(path.read_text(encoding="utf-8"))}


def write_made(path: Path, made: dict[str, str]) -> None:
    """Put what is made from the code in its places."""
    text = path.read_text(encoding="utf-8")
    for name, new in made.items():
        begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
        before, _, rest = text.partition(begin)
        text = f"{before}{begin}{new}{end}{rest.partition(end)[2]}"
    path.write_text(text, encoding="utf-8")


def read_first_cells(text: str) -> list[str]:
    """Return the first cell of each row of the tables of a text, without the header rows."""
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    return [row.split("|")[1].strip().strip("`") for row in rows][1:]


def make_table(header: str, rows: Sequence[tuple[object, ...]]) -> str:
    """Return a table in Markdown; ``header`` names its columns, with | between them."""
    names = [name.strip() for name in header.split("|")]
    lines = [f"| {' | '.join(names)} |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def quote(text: object) -> str:
    """Return a text as code."""
    return f"`{text}`"
