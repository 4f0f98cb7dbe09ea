"""Commands that can be copied, whichever shell reads them."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.machine.shells import Shell, quote_command
from importer.settings.environment import find_shell


@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"])), min_size=1, max_size=4))
def test_a_unix_shell_reads_back_each_word(words: list[str]) -> None:
    """Whatever a file is called, the shell gives the command the same words."""
    assert shlex.split(quote_command(words, Shell.SH)) == words


@pytest.mark.parametrize(
    ("word", "cmd", "powershell"),
    [
        (r"C:\lab\a.run.sqlite", r"C:\lab\a.run.sqlite", r"C:\lab\a.run.sqlite"),
        (r"C:\my lab\a", r'"C:\my lab\a"', r"'C:\my lab\a'"),
        ("a&b", '"a&b"', "'a&b'"),
        ("$x", '"$x"', "'$x'"),
        ("it's", '"it\'s"', "'it''s'"),
        ("it\u2019s", '"it\u2019s"', "'it\u2019\u2019s'"),
        ("", '""', "''"),
    ],
)
def test_windows_shells_get_their_own_quotes(word: str, cmd: str, powershell: str) -> None:
    """Plain paths stay as they are; blanks and signs that the shell would act on are quoted in its way."""
    assert quote_command([word], Shell.CMD) == cmd
    assert quote_command([word], Shell.POWERSHELL) == powershell


@pytest.mark.parametrize(
    ("environ", "is_windows", "shell"),
    [
        ({"PROMPT": "$P$G"}, True, Shell.CMD),
        ({}, True, Shell.POWERSHELL),
        ({"SHELL": "/usr/bin/bash", "PROMPT": "$P$G"}, True, Shell.SH),
        ({"PROMPT": "$P$G"}, False, Shell.SH),
    ],
)
def test_the_shell_is_known_by_the_environment(environ: dict[str, str], *, is_windows: bool, shell: Shell) -> None:
    """Cmd says its prompt; a Unix shell on Windows says itself; elsewhere it is a Unix shell."""
    assert find_shell(environ, is_windows=is_windows) is shell
