"""Copies of a file that are tried one after the other, until one is as it should be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import count
from numbers import Integral
from typing import TYPE_CHECKING, Any

from importer.copies import Deletion, Edit, choose_suffix, describe_copy, write_copy
from importer.errors import NothingToDoError, UsageError
from importer.formats.read import iter_raw_chunks
from importer.issues import Fix, list_fixable
from importer.model import Where
from importer.tasks.fix.difference import Difference, compare_files
from importer.tasks.fix.suggestions import Change, Choice, NotTaken, find_new_errors
from importer.tasks.validate import Validation, validate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from importer.chunks import Source
    from importer.context import Context
    from importer.copies import Place
    from importer.model import Issue
    from importer.settings import CheckSettings, ReadSettings
    from importer.tasks.fix.suggestions import Row

_MARKED = frozenset({"yaml", "json", "jsonl"})
"""Formats whose places are lines and columns."""
_ROUNDS = 12
"""Copies that are tried; each round takes suggestions or puts some aside."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """What `fix` came to.

    Attributes:
        path: the corrected copy; None where nothing was to be written.
        changes: the cells that are changed, in the order of the file.
        deleted: the rows that are deleted.
        not_taken: the suggestions of the chosen codes that weren't taken.
        difference: the lines that differ, for text; None for workbooks.
        notes: what is to be known of the copy, a sentence each.
        checked: what a check of the copy found.
    """

    path: Path | None
    changes: tuple[Change, ...]
    deleted: tuple[int, ...]
    not_taken: tuple[NotTaken, ...]
    difference: tuple[Difference, ...] | None
    notes: tuple[str, ...]
    checked: Validation

    @property
    def exit_code(self) -> int:
        """0 when every row of the copy is valid, else 1."""
        return self.checked.exit_code


@dataclass(frozen=True, slots=True, kw_only=True)
class FixSettings:
    """What is corrected in a file.

    Attributes:
        take: the code or codes whose suggestions are taken; None for all that are sure.
        edits: texts of cells that take the place of others; no suggestion is taken for these cells.
        delete_rows: physical rows that are deleted.
    """

    take: str | Sequence[str] | None = None
    edits: Sequence[Edit] = ()
    delete_rows: Sequence[int] = ()

    def __post_init__(self) -> None:
        """Refuse what is no edit and no row.

        Raises:
            UsageError: see above.
        """
        wanted = {"edits": (Edit, "importer.Edit(row, column, was, now)"), "delete_rows": (Integral, "row numbers")}
        for name, (kind, words) in wanted.items():
            given: Any = getattr(self, name)
            found = tuple(given) if isinstance(given, Iterable) else (given,)
            if not isinstance(given, Iterable) or not all(isinstance(each, kind) for each in found):
                raise UsageError(f"{name} takes a list of {words}, not {given!r}.")
            object.__setattr__(self, name, found)

    def choose_codes(self) -> frozenset[str]:
        """Return the codes whose suggestions are taken: none where only edits or deleted rows are given.

        Raises:
            UsageError: a suggestion of one of them is no text for a cell.
        """
        if self.take is None:
            return frozenset() if self.edits or self.delete_rows else list_fixable(Fix.SURE)
        taken = frozenset((self.take,) if isinstance(self.take, str) else self.take)
        if wrong := sorted(taken - list_fixable()):
            raise UsageError(f"{', '.join(wrong)} can't be taken; these can: {', '.join(sorted(list_fixable()))}.")
        return taken


@dataclass(frozen=True, slots=True)
class FileCheck:
    """How a file is checked."""

    read: ReadSettings
    check: CheckSettings
    context: Context

    def run(self, source: Source, *, keep_frame: bool = False) -> Validation:
        """Check a copy, or the file itself."""
        read = replace(self.read, input_format=source.format)
        return validate(source.path, read=read, check=self.check, context=self.context, keep_frame=keep_frame)


class Trial:
    """Copies of a file that are tried one after the other, until one is as it should be."""

    def __init__(self, source: Source, folder: Path, what: FixSettings, check: FileCheck) -> None:
        self._source = source
        self._what = what
        self._check = check
        self._paths = (folder / f"{number}{choose_suffix(source)}" for number in count(1))
        self._sheet = _find_sheet(source) if what.delete_rows else None
        self.path = source.path
        self._notes: tuple[str, ...] = ()

    def run(self, codes: frozenset[str]) -> Fixed:
        """Return what is changed; ``path`` is the copy then.

        Raises:
            UsageError, NothingToDoError, InputError: see `fix`.
        """
        given = bool(self._what.edits or self._what.delete_rows)
        choice = Choice(codes)
        before = checked = self._check.run(self._source)
        if given:
            before = checked = self._try(choice)
        for _ in range(_ROUNDS):
            is_changed = self._put_harmful_aside(choice, before, checked)
            is_changed |= not is_changed and choice.add(checked.issues, self._source, self._current)
            if not is_changed:
                break
            checked = self._try(choice)
        else:
            raise UsageError(f"{self._source.name}: its suggestions don't come to an end. Take fewer codes.")
        if not given and not choice.taken:
            raise NothingToDoError(_word_nothing(self._source, choice, checked.issues))
        return Fixed(
            self.path,
            (*self._list_given(), *choice.list_changes()),
            tuple(self._what.delete_rows),
            tuple(choice.put_aside.values()),
            compare_files(self._source, self._current),
            self._notes,
            replace(checked, issues=tuple(self._name_issues(checked.issues))),
        )

    def _list_given(self) -> Iterator[Change]:
        """Yield the edits that were given as changes."""
        for edit in self._what.edits:
            is_text = self._source.format in _MARKED
            cell = f"{edit.row}:{edit.column + 1}" if is_text else edit.cell
            yield Change(Where(self._source.name, edit.sheet, edit.row, None, cell), edit.was or "", edit.now)

    def _name_issues(self, issues: Iterable[Issue]) -> Iterator[Issue]:
        """Yield issues of a copy under the name of its file."""
        for issue in issues:
            yield replace(issue, where=replace(issue.where, source=self._source.name))

    @property
    def _current(self) -> Source:
        return describe_copy(self._source, self.path) if self.path != self._source.path else self._source

    def _try(self, choice: Choice) -> Validation:
        """Write a copy with what is chosen so far, and check it; what can't be written is put aside.

        Raises:
            UsageError: the edits and deleted rows that were given can't be written.
        """
        try:
            self._write(choice.list_edits())
        except UsageError:
            self._write(())
            self._drop_unwritable(choice, tuple(choice.taken))
            self._write(choice.list_edits())
        return self._check.run(self._current)

    def _write(self, edits: Iterable[Edit]) -> None:
        """Write a copy with some edits and all that was given.

        Raises:
            UsageError: it can't be written.
        """
        given = {(edit.sheet, edit.row, edit.column) for edit in self._what.edits}
        free = [edit for edit in edits if (edit.sheet, edit.row, edit.column) not in given]
        deleted = [Deletion(row, self._sheet) for row in self._what.delete_rows]
        if self.path != self._source.path:
            self.path.unlink(missing_ok=True)
        self.path = next(self._paths)
        self._notes = write_copy(self._source, self.path, edits=[*free, *self._what.edits], deleted=deleted)

    def _drop_unwritable(self, choice: Choice, places: Sequence[Place]) -> None:
        """Put those changes aside that can't be written, each found by halves: a formula that others need, and such."""
        try:
            self._write(choice.list_edits(places))
        except UsageError as error:
            if len(places) == 1:
                choice.drop_cell(places[0], str(error))
                return
            half = len(places) // 2
            self._drop_unwritable(choice, places[:half])
            self._drop_unwritable(choice, places[half:])

    def _put_harmful_aside(self, choice: Choice, before: Validation, checked: Validation) -> bool:
        """Put those changes aside that give new errors; tell whether there are any.

        Raises:
            UsageError: there is a new error, and nothing tells which change gives it.
        """
        rest: list[Issue] = []
        is_changed = False
        for issue in find_new_errors(before.issues, checked.issues):
            here = {(issue.where.sheet, issue.where.row or 0)}
            if choice.drop_rows(issue, here) or choice.drop_text(issue):
                is_changed = True
            else:
                rest.append(issue)
        if is_changed or not rest:
            return is_changed
        for issue in rest:
            is_changed |= choice.drop_rows(issue, self._list_stack_rows(issue))
        if not is_changed:
            raise UsageError(
                f"{self._source.name}: with these changes there would be a new error, {rest[0].code} in row "
                f"{rest[0].where.row}: {rest[0].message} Take fewer codes with --take."
            )
        return True

    def _list_stack_rows(self, issue: Issue) -> set[Row]:
        """Return the rows of the stack of an issue's row, in the copy that was tried last."""
        frame = self._check.run(self._current, keep_frame=True).frame
        if frame is None:
            return set()
        names = ["sample_id", "sample_name"]
        own = frame[(frame["row"] == issue.where.row) & (frame["sheet"].fillna("") == (issue.where.sheet or ""))]
        stack = frame.merge(own[names].drop_duplicates(), on=names)
        return {(sheet or None, int(row)) for sheet, row in zip(stack["sheet"], stack["row"], strict=True)}


def _find_sheet(source: Source) -> str | None:
    """Return the one sheet whose rows can be named by their numbers alone.

    Raises:
        UsageError: there are several.
    """
    sheets = dict.fromkeys(raw.sheet for raw in iter_raw_chunks(source))
    if len(sheets) > 1:
        names = ", ".join(repr(sheet) for sheet in sheets)
        raise UsageError(f"{source.name} has several sheets ({names}): say with --sheet whose rows are deleted.")
    return next(iter(sheets), None)


def _word_nothing(source: Source, choice: Choice, issues: Iterable[Issue]) -> str:
    if choice.put_aside:
        first = next(iter(choice.put_aside.values()))
        return f"Nothing was changed in {source.name}: {first.issue.where}: {first.issue.code}: {first.why}"
    others = sorted({each.code for each in issues if each.suggestion is not None} & list_fixable() - choice.codes)
    hint = "" if not others else f" Suggestions to be asked for: {' '.join(f'--take {code}' for code in others)}."
    return f"There is nothing to change in {source.name}: no issue has a suggestion that is taken.{hint}"
