"""What goes along with a whole call: its watcher, what stops it, the time; and whether its arguments can be used."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from importer.clock import SystemClock
from importer.errors import UsageError
from importer.events import ignore_event
from importer.machine.files import expand_home
from importer.settings import ApiSettings, CheckSettings, PlanSettings, ReadSettings, SendSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from importer.clock import Clock
    from importer.events import Watcher


@dataclass(frozen=True, slots=True, kw_only=True)
class Writes:
    """What is about to be written, before the first request that changes anything.

    Attributes:
        address: base address of the API.
        rows: rows that will be sent; of undoing those that are taken back.
        stacks: their stacks.
        new_targets: names of the target materials that will be made.
        is_replacing: whether whole stacks are replaced.
        is_undoing: whether stacks are put back to what they were.
    """

    address: str
    rows: int
    stacks: int
    new_targets: tuple[str, ...] = ()
    is_replacing: bool = False
    is_undoing: bool = False


def agree(writes: Writes) -> bool:
    """Let everything be written, as programs want it that don't ask anybody."""
    del writes
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Made once for a call, and handed on whole.

    Attributes:
        watch: called with each event as it happens.
        stop: once set, nothing more is begun, and the report says so.
        clock: the time; tests put their own in its place.
        confirm: asked once, just before the first write; a "no" leaves the run as a plan that hasn't begun.
    """

    watch: Watcher = ignore_event
    stop: threading.Event = field(default_factory=threading.Event)
    clock: Clock = field(default_factory=SystemClock)
    confirm: Callable[[Writes], bool] = agree

    def __post_init__(self) -> None:
        """Refuse what would fail only once something happens: perhaps after the first write.

        Raises:
            UsageError: what is given can't be called, or is no event.
        """
        for name in ("watch", "confirm"):
            if not callable(getattr(self, name)):
                raise UsageError(f"{name} takes a function, not {name_type(getattr(self, name))}.")
        if not callable(getattr(self.stop, "is_set", None)):
            raise UsageError(f"stop takes a threading.Event, not {name_type(self.stop)}.")


_KINDS: dict[str, tuple[type[Any], str]] = {
    "api": (ApiSettings, "ApiSettings(key='...')"),
    "read": (ReadSettings, "ReadSettings(sheet='Growths')"),
    "check": (CheckSettings, "CheckSettings(strict=True)"),
    "plan": (PlanSettings, "PlanSettings(on_existing='update')"),
    "send": (SendSettings, "SendSettings(workers=4)"),
    "context": (Context, "Context(watch=print)"),
}
"""Name of an argument -> its type, and an example."""


def require_settings(**given: object) -> None:
    """Refuse what programs hand over in place of settings, by the names that these have everywhere.

    The value isn't shown: it may be a key.

    Raises:
        UsageError: one of them is something else; it says what is wanted.
    """
    for name, value in given.items():
        kind, example = _KINDS[name]
        if not isinstance(value, kind) and not (name == "context" and value is None):
            raise UsageError(f"{name} takes {kind.__name__}, e.g. {name}=importer.{example}, not {name_type(value)}.")


def take_path(name: str, given: object) -> Path:
    """Return a path that a program hands over as text or `Path`, with ``~`` made the home folder.

    Raises:
        UsageError: it is neither.
    """
    if not isinstance(given, str | Path):
        raise UsageError(f"{name} takes a path, not {name_type(given)}.")
    return Path(expand_home(given))


def name_type(value: object) -> str:
    """Return in words of what type a value is, for an error about an argument."""
    if value is None:
        return "None"
    if isinstance(value, type):
        return f"the class {value.__name__} itself: add the parentheses"
    return f"a value of type {type(value).__name__}"
