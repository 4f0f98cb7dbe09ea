"""Commands in words that a person can copy into the shell in use."""

from __future__ import annotations

import re
import shlex
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_PLAIN = re.compile(r"[\w\-+=:./\\~]+", re.ASCII)
"""What needs no quotes in cmd and PowerShell."""

_QUOTE = re.compile("['\u2018\u2019\u201a\u201b]")
"""What ends a quoted word in PowerShell, unless it is doubled."""


class Shell(StrEnum):
    """What reads the commands that a person types."""

    SH = "sh"
    CMD = "cmd"
    POWERSHELL = "powershell"


def quote_command(words: Sequence[str], shell: Shell) -> str:
    """Return a command in one line, its words quoted for a shell where they need it."""
    if shell is Shell.SH:
        return shlex.join(words)
    return " ".join(word if _PLAIN.fullmatch(word) else _quote_word(word, shell) for word in words)


def _quote_word(word: str, shell: Shell) -> str:
    if shell is Shell.CMD:
        return '"' + word.replace('"', '\\"') + '"'
    return "'" + _QUOTE.sub(r"\g<0>\g<0>", word) + "'"
