"""Whether the stories can fail: each rule of the protocol switched off in the real code must be noticed by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.submit.mutations import PROTOCOL, RULES, put
from tests.submit.odd_server import ODDITIES
from tests.submit.stories import find_first_broken, tell_story
from tests.submit.test_odd_servers import OddMachine
from tests.submit.test_protocol_machine import ProtocolMachine

if TYPE_CHECKING:
    from collections.abc import Sequence

STORIES = 60
"""Stories within which a broken rule is noticed."""
ALL = {**PROTOCOL, **RULES}


def choose_machine(oddity: str) -> type[ProtocolMachine]:
    """Return the machine whose server has an oddity, or none."""
    return type("Machine", (OddMachine,), {"oddities": (oddity,)}) if oddity else ProtocolMachine


@pytest.mark.parametrize("name", ALL)
def test_a_rule_switched_off_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A story in which all holds shows something that doesn't, once the rule is switched off."""
    mutation = ALL[name]
    machine = choose_machine(mutation.oddity)
    put(mutation, monkeypatch.setattr)
    first: Sequence[int] = (mutation.story, *range(STORIES))
    noticed = find_first_broken(machine, first)
    monkeypatch.undo()
    assert noticed is not None
    tell_story(machine, noticed)


@pytest.mark.long
@pytest.mark.parametrize("oddity", ["", *ODDITIES])
def test_these_stories_hold_as_long_as_no_rule_is_broken(oddity: str) -> None:
    """What is noticed is the broken rule, and nothing else, in any of the stories."""
    for number in range(STORIES):
        tell_story(choose_machine(oddity), number)
