"""Calling the library for a command that writes no reports: with progress on the screen, and ended by Ctrl-C."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from importer.cli.asking import make_question
from importer.cli.signals import catch_signals
from importer.cli.terminal import make_console
from importer.context import Context
from importer.settings import is_ci

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def watch_call(call: Callable[[Context], T]) -> T:
    """Return what a library function returns, which reads inputs; a bar shows how far it is.

    Raises:
        ImporterError: what stopped it.
    """
    from importer.report.screen.progress import choose_watcher

    with catch_signals() as stop, choose_watcher(make_console(stderr=True), is_ci=is_ci()) as watch:
        return call(Context(watch=watch, stop=stop))


def watch_lines(call: Callable[[Context], T], *, is_asked: bool = False) -> T:
    """Return what a library function returns, which reads no inputs; lines say what it waits for.

    Args:
        call: the library function, given the context.
        is_asked: whether a person is asked before the first write.

    Raises:
        ImporterError: what stopped it.
    """
    from importer.report.screen.progress import LINE_SECONDS, LineWatcher

    watch = LineWatcher(make_console(stderr=True), every=None if is_ci() else LINE_SECONDS)
    with catch_signals() as stop:
        if is_asked:
            return call(Context(watch=watch, stop=stop, confirm=make_question(stop)))
        return call(Context(watch=watch, stop=stop))
