"""What can stop a run. A bad row is an Issue (a value), never one of these.

::

    ImporterError
    ├── UsageError            exit 2: what was asked for can't be done as asked
    │   ├── SettingsError     an option, environment variable or key that can't be used
    │   ├── BusyError         another run is sending to the same address
    │   ├── NothingToDoError  the inputs name no row at all
    │   ├── StaleDraftError   a draft was changed elsewhere since it was looked at
    │   └── StalePlanError    what a plan was made from has changed since
    ├── InputError            exit 2: an input that can't be read at all
    │   ├── MappingError      a mapping file that can't be used
    │   └── InputLimitError   an input past a bound (size, rows, columns, depth, ratio)
    ├── StoppedReadingError   exit 130: interrupted before anything was sent
    ├── RunFileError          exit 2: a run file that isn't one, or that another process holds
    └── AbortedError          exit 3: the run stopped before its end; the run file is true, `resume` goes on
        ├── KeyRefusedError   the server refused the key (401, 403)
        ├── AddressError      the address is wrong: TLS failure, redirect, not the API
        ├── CircuitOpenError  nothing succeeded for too long, or too many rows failed
        ├── CanaryError       the stack that was sent first wasn't stored as it should be
        ├── SideEffectError   a change on the server touched more than what was sent
        ├── ListingError      the stored list can't be read, so nothing can be decided safely
        │   └── ListingStoppedError  exit 130: interrupted while it was being read
        └── StorageError      the run file can't be written (disk full, I/O error)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importer.model import RunPlace


class ImporterError(Exception):
    """Base of everything that stops a run; ``exit_code`` is what the command returns."""

    exit_code = 2


class UsageError(ImporterError):
    """What was asked for can't be done as asked."""


class SettingsError(UsageError):
    """An option, environment variable or key that can't be used."""


class BusyError(UsageError):
    """Another run on this machine is sending to the same address."""


class NothingToDoError(UsageError):
    """The inputs name no row at all."""


class StaleDraftError(UsageError):
    """A draft was changed elsewhere since whoever edits it looked at it."""


class StalePlanError(UsageError):
    """What a plan was made from, an input or a stack on the server, has changed since."""


class InputError(ImporterError):
    """An input that can't be read at all."""


class MappingError(InputError):
    """A mapping file that can't be used."""


class InputLimitError(InputError):
    """An input past a bound (size, rows, columns, depth, compression ratio)."""


class StoppedReadingError(ImporterError):
    """Interrupted while the inputs were being read, before anything was sent."""

    exit_code = 130


class RunFileError(ImporterError):
    """A run file that isn't one, is of a newer schema, or is held by another process."""


class AbortedError(ImporterError):
    """The run stopped before its end; what is in the run file is true, and `resume` goes on.

    ``run_path`` names the run file, or the run on a server, once it is known.
    """

    exit_code = 3

    def __init__(self, message: str, run_path: RunPlace | None = None) -> None:
        super().__init__(message)
        self.run_path = run_path


class KeyRefusedError(AbortedError):
    """The server refused the key (401 or 403)."""


class AddressError(AbortedError):
    """The address is wrong: a TLS failure, a redirect, or an answer that isn't the API's."""


class CircuitOpenError(AbortedError):
    """Nothing has succeeded for too long, or more rows have failed than the user allows."""


class CanaryError(AbortedError):
    """The stack that was sent first, to see whether all goes well, wasn't stored as it should be."""


class SideEffectError(AbortedError):
    """A change on the server touched more than what was sent: every further one could do the same harm."""


class ListingError(AbortedError):
    """The stored list can't be read, so nothing can be decided safely."""


class ListingStoppedError(ListingError):
    """Interrupted while the stored list was being read."""

    exit_code = 130


class FinalCheckError(ListingError):
    """Every row has its answer, but the stored list couldn't be read to compare the answers with it."""


class StorageError(AbortedError):
    """The run file can't be written: disk full, I/O error."""
