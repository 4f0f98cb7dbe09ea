"""Beginning what goes on in the background: comparing, sending, going on, verifying, undoing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from importer.context import agree
from importer.errors import BusyError, StaleDraftError, UsageError
from importer.run import choose_run_path
from importer.settings import OnExisting, PlanSettings
from importer.tasks.import_layers import plan_layers
from importer.tasks.resume import apply_plan, resume
from importer.tasks.undo import undo_run
from importer.tasks.verify import verify_run
from importer.web.large import LargeFile
from importer.web.workplace import name_id

if TYPE_CHECKING:
    from pathlib import Path

    from importer.context import Context, Writes
    from importer.web.jobs import Job
    from importer.web.session import OpenDraft, Session


def begin_plan(session: Session, draft_id: str, version: int, on_existing: OnExisting) -> dict[str, Any]:
    """Compare what a draft holds with the server; edited files are copied first, and the copies are what is read.

    Raises:
        StaleDraftError: the draft was changed since it was looked at.
        UsageError, InputError, StorageError: a copy can't be written.
    """
    api = session.require_api()
    opened = session.find_opened(draft_id)
    if session.jobs.is_busy:
        raise BusyError("Something is still running. Wait for it to end, or stop it.")
    if isinstance(opened, LargeFile):
        inputs, copies = [file.path for file in opened.files], list[str]()
        read, check = opened.read, opened.check
    else:
        with opened.lock:
            if opened.draft.version != version:
                raise StaleDraftError("The sheet was changed in another tab since. Look at it again, then compare.")
            inputs, copies = choose_inputs(opened)
            read, check = opened.draft.read, opened.draft.check
    path = choose_run_path(inputs[0], at=time.time())
    plan = PlanSettings(run=path, on_existing=on_existing)

    def call(job: Job, context: Context) -> dict[str, object]:
        plan_layers(
            [str(each) for each in inputs], api=api, read=read, check=check, plan=plan, send=session.lab.send,
            context=context,
        )  # fmt: skip
        job.run_id = name_id(path.name)
        session.plans[job.run_id] = (draft_id, version, read)
        return {"run": job.run_id}

    return session.jobs.begin("plan", call).view() | {"copies": copies}


def choose_inputs(opened: OpenDraft) -> tuple[list[Path], list[str]]:
    """Return what is to be read: the corrected copies of edited files, all others as they are; and the copies' names.

    One that is there already, byte for byte, is used again.
    """
    made = {each.source: each.path for each in opened.draft.write_copies()}
    inputs = [made.get(str(file.path), file.path) for file in opened.files]
    return inputs, [path.name for path in made.values()]


def is_stale(session: Session, run_id: str) -> bool:
    """Tell whether a sheet was changed, or is read differently, since it was compared."""
    if run_id not in session.plans:
        return False
    draft_id, version, read = session.plans[run_id]
    try:
        opened = session.find_opened(draft_id)
    except UsageError:
        return False  # nobody has it open: the plan says what it is of
    if isinstance(opened, LargeFile):
        return opened.read is not read
    return (opened.draft.version, opened.draft.read) != (version, read)


def begin_apply(session: Session, run_id: str, *, rows: int, stacks: int, address: str) -> dict[str, Any]:
    """Carry a plan out, if what would be written is what was agreed to.

    Raises:
        StaleDraftError: the sheet was changed since it was compared.
        UsageError: the key is for another address.
    """
    if is_stale(session, run_id):
        raise StaleDraftError("The sheet was changed since it was compared. Nothing was sent: compare again.")
    api, path = session.require_api(), session.workplace.find_run(run_id)
    if address != api.url:
        raise UsageError(f"The page shows {address}, but the key is for {api.url}. Load the page again.")

    def confirm(writes: Writes) -> bool:
        return (writes.rows, writes.stacks) == (rows, stacks)

    def call(job: Job, context: Context) -> dict[str, object]:
        report = apply_plan(path, api=api, send=session.lab.send, context=context)
        if report.is_dry_run:
            job.fault = "What would be sent isn't what the page showed. Nothing was sent: compare again."
        return {"run": run_id, "exit_code": report.exit_code}

    return session.jobs.begin("apply", call, run_id=run_id, confirm=confirm).view()


def begin_resume(session: Session, run_id: str) -> dict[str, Any]:
    """Go on where a run stopped."""
    api, path = session.require_api(), session.workplace.find_run(run_id)

    def call(job: Job, context: Context) -> dict[str, object]:
        del job
        report = resume(path, api=api, send=session.lab.send, context=context)
        return {"run": run_id, "exit_code": report.exit_code}

    return session.jobs.begin("resume", call, run_id=run_id, confirm=agree).view()


def begin_verify(session: Session, run_id: str) -> dict[str, Any]:
    """Compare what a run stored with what the server has now."""
    api, path = session.require_api(), session.workplace.find_run(run_id)

    def call(job: Job, context: Context) -> dict[str, object]:
        del job
        found = verify_run(path, api=api, send=session.lab.send, context=context)
        return {
            "run": run_id,
            "counts": {standing.value: count for standing, count in found.counts.items()},
            "faults": [list(each) for each in found.faults[:100]],
        }

    return session.jobs.begin("verify", call, run_id=run_id).view()


def begin_undo(session: Session, run_id: str, stacks: int) -> dict[str, Any]:
    """Put back what a run changed, if it is as many stacks as somebody typed."""
    api, path = session.require_api(), session.workplace.find_run(run_id)
    asked: list[int] = []

    def confirm(writes: Writes) -> bool:
        asked.append(writes.stacks)
        return writes.stacks == stacks

    def call(job: Job, context: Context) -> dict[str, object]:
        found = undo_run(path, api=api, send=session.lab.send, context=context)
        if asked and asked[0] != stacks:
            job.fault = f"The run changed {asked[0]:,} stacks, not {stacks:,}. Nothing was undone."
        return {"run": run_id, "undone": list(found.undone[:100]), "refused": [list(each) for each in found.refused]}

    return session.jobs.begin("undo", call, run_id=run_id, confirm=confirm).view()
