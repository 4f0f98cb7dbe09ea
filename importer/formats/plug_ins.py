"""Objects that are there because a module defines them: those of our own folders, and those of other packages."""

from __future__ import annotations

import contextlib
import logging
import pkgutil
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, TypeVar

from importer.errors import ImporterError

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOG = logging.getLogger(__name__)
T = TypeVar("T")


def list_own(folder: str, attribute: str, kind: type[T]) -> list[T]:
    """Return what the modules and folders of a package list under a name, in the modules' order.

    Args:
        folder: the package, such as ``importer.formats``; all that is directly in it is loaded, which must be little.
        attribute: the name, such as ``FORMATS``.
        kind: what is listed.
    """
    found: list[T] = []
    for module in pkgutil.iter_modules(import_module(folder).__path__):
        found += getattr(import_module(f"{folder}.{module.name}"), attribute, ())
    if wrong := [each for each in found if not isinstance(each, kind)]:
        raise TypeError(f"{folder}: {wrong[0]!r} in {attribute} isn't of the type {kind.__name__}")
    return found


def list_plug_ins(group: str, kind: type[T]) -> list[T]:
    """Return what other packages offer; one that can't be used is told by name in the log, and left out.

    Args:
        group: the entry point group, such as ``layer_importer.formats``.
        kind: what an entry point must lead to.
    """
    found: list[T] = []
    for entry in entry_points(group=group):
        try:
            offered = entry.load()
        except Exception as error:  # noqa: BLE001  # whatever somebody else's module raises
            leave_out(entry.name, f"{entry.value} can't be loaded: {type(error).__name__}: {error}")
            continue
        if isinstance(offered, kind):
            found.append(offered)
        else:
            leave_out(entry.name, f"{entry.value} isn't of the type {kind.__name__}")
    return found


def load_late(target: str, *, extra: str | None, wanted: str, error: type[ImporterError]) -> Any:  # noqa: ANN401  # whatever stands there
    """Return the function that ``"package.module:function"`` names.

    Args:
        target: the name.
        extra: the extra of this package that installs what its module needs.
        wanted: what it is loaded for, which opens the error.
        error: raised where what it needs isn't installed.
    """
    try:
        return pkgutil.resolve_name(target)
    except ImportError as failure:
        missing = (failure.name or "").partition(".")[0]
        if extra is None or missing in {"", "importer"}:
            raise
        raise error(f"{wanted} needs the package {missing}: pip install 'layer-importer[{extra}]'.") from None


@contextlib.contextmanager
def name_fault(plug_in: str, *, wanted: str, error: type[ImporterError]) -> Iterator[None]:
    """Turn what a plug-in raises by mistake into an error with its name, for nobody could tell it from ours."""
    try:
        yield
    except ImporterError:
        raise
    except Exception as failure:
        said = " ".join(str(failure).split())[:200]
        raise error(f"{wanted}: the plug-in {plug_in} failed ({type(failure).__name__}: {said}).") from failure


def leave_out(name: str, why: str) -> None:
    """Say that a plug-in isn't used; where no log is kept, standard error has it."""
    _LOG.warning("The plug-in %s was left out: %s.", name, why)
