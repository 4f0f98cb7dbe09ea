"""The process that opens a run on a server for others, and has some of them placed on the workers of a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.run import CrewRun
from importer.submit.crew.crew import Crew
from importer.tasks.crew.join import tell_others
from importer.tasks.crew.placed import place_crews

if TYPE_CHECKING:
    from importer.context import Context
    from importer.model import ServerPlace
    from importer.server import Client
    from importer.settings import SendSettings
    from importer.tasks.crew.placed import Placing


def lead_crew(
    place: ServerPlace, client: Client, *, send: SendSettings, context: Context, placing: Placing | None = None
) -> None:
    """Send a run that this process has the right to write: the first stacks alone, then open for all that join.

    Args:
        place: the run.
        client: of the API.
        send: bounds and waits; the rate is that of all.
        context: who watches, what stops this process, and the time.
        placing: where others are placed that join at once; None for nowhere.

    Raises:
        AbortedError: the run stopped before its end, or this process's part of it.
    """
    with CrewRun.join(place, is_first=True) as run, Crew(run, client, send=send, context=context) as crew:
        try:
            crew.begin()
            has_rest = not (crew.shared.gate.is_closed or crew.is_done())
            with place_crews(placing if has_rest else None, place, send=send, note=crew.shared.note):
                crew.work()
        finally:
            tell_others(run, crew)
