"""The blocks of a document: commands, files and outputs, and the hidden comments that say what they are.

A block of ``sh`` or ``python`` is run. A comment directly above a block says more of it:

- ``<!-- file: NAME -->``: the block is a file that the reader saves under this name;
- ``<!-- output -->``: what the commands above print; with ``<!-- output: 5 ... 3 -->`` its first five and last three;
- ``<!-- ends with 1 -->``: the exit code of the block's last command, where it isn't 0;
- ``<!-- first command -->``, ``<!-- test command -->``, ``<!-- install commands -->``: run by ``.ci/run``;
- ``<!-- not run: WHY -->``: shown only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RUN_BY_CI = ("first command", "install commands", "test command")
_BLOCK = re.compile(
    r"^(?:<!-- (?P<comment>[^\n]*?) -->\n)?(?P<fence>```)(?P<language>\w*)\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block.

    Attributes:
        language: what its fence says.
        comment: the hidden comment above it; empty without one.
        body: its lines.
        span: where the body begins and ends in the document.
    """

    language: str
    comment: str
    body: str
    span: tuple[int, int]

    @property
    def is_run_here(self) -> bool:
        """Whether the test of the document runs it."""
        return self.language in {"sh", "python"} and not self.comment.startswith((*RUN_BY_CI, "not run: ", "file: "))

    @property
    def file_name(self) -> str | None:
        """The name under which the reader saves it."""
        return self.comment.removeprefix("file: ") if self.comment.startswith("file: ") else None

    @property
    def exit_code(self) -> int:
        """The exit code of its last command."""
        match = re.search(r"ends with (\d+)", self.comment)
        return int(match[1]) if match else 0

    @property
    def is_output(self) -> bool:
        """Whether it shows what the block before it prints."""
        return self.comment.startswith("output")


def iter_blocks(path: Path) -> Iterator[Block]:
    """Yield the blocks of a document, in order."""
    for match in _BLOCK.finditer(path.read_text(encoding="utf-8")):
        yield Block(match["language"], match["comment"] or "", match["body"], match.span("body"))


def cut_output(printed: str, comment: str) -> str:
    """Return what a block of output shows of what was printed."""
    lines = [f"{line.rstrip()}\n" for line in printed.splitlines()]
    match = re.fullmatch(r"output: (\d+) \.\.\. (\d+)", comment)
    first, last = (int(match[1]), int(match[2])) if match else (len(lines), 0)
    middle = [] if len(lines) <= first + last else ["[...]\n"]
    return "".join([*lines[:first], *middle, *lines[max(first, len(lines) - last) :]])


def list_commands(body: str) -> list[str]:
    """Return the commands of a block, without comments, lines that are continued as one."""
    lines = body.replace("\\\n", " ").splitlines()
    return [line for line in (re.sub(r"(^|\s)#.*", "", each).strip() for each in lines) if line]


_PROGRESS = re.compile(
    r"^[\d,]+ (?:rows? read(?:, now in .*)?|records? of the stored list read.*|of [\d,]+ rows?(?:[;,] .*)?)\n",
    re.MULTILINE,
)


def leave_out_progress(printed: str) -> str:
    """Return what was printed without the lines that come every few seconds, on slow machines only."""
    return _PROGRESS.sub("", printed)


_NEW_SAMPLE = re.compile(r"\(sample (\d{7})\)")
_PASSING = (
    (re.compile(r"\d{8}-\d{6}"), "20261126-180500"),
    (re.compile(r"\d{4}-\d{2}-\d{2}([T ])\d{2}:\d{2}(:\d{2})?"), r"2026-11-26\g<1>18:05\g<2>"),
    (re.compile(r"(127\.0\.0\.1|localhost):\d+"), r"\1:8765"),
    (re.compile(r"\b\d+(?:\.\d+)? (s|ms|min)\b"), r"2 \1"),
    (re.compile(r"(API key: )\S+"), r"\1sandbox-27182818284"),
)


def leave_out_passing(text: str) -> str:
    """Return an output with one value for what differs each time: dates, ports, durations, keys, new samples' ids.

    Documents show these values, so that two people who renew them don't contradict each other.
    """
    for pattern, word in _PASSING:
        text = pattern.sub(word, text)
    seen: dict[str, int] = {}  # new samples are numbered in the order in which workers come
    return _NEW_SAMPLE.sub(lambda found: f"(sample {seen.setdefault(found[1], 1_000_001 + len(seen))})", text)
