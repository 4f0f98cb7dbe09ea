"""Materials Project ids."""

from __future__ import annotations

import re

from importer.model import Parsed, Problem

_VALID = re.compile(r"(mp|mvc)-([0-9]{1,12}|[a-z]{1,16})")
_LETTERS = re.compile(r"(mp|mvc)-[a-z]{1,16}")
_SLIP = re.compile(r"(?i)(?:(mp|mvc)?[\s_\-–—−:#]*)([0-9]{1,12})(?:\.0+)?")


def parse_mp_id(text: str) -> Parsed[str]:
    """Return a Materials Project id as the project writes it.

    Valid are ``mp-<digits>`` (legacy), ``mp-<lower-case letters>`` (the newer AlphaIDs) and the same under ``mvc-``;
    source: the pattern of the ``emmet-core`` package. A slip is an error with the likely id as its suggestion.
    """
    if match := _VALID.fullmatch(text):
        if match[1] == "mvc":
            return Parsed(text, (Problem("mp-id-mvc", f"{text} is of the old mvc- series."),))
        return Parsed(text)
    suggestion = None
    if match := _SLIP.fullmatch(text):
        suggestion = f"{(match[1] or 'mp').lower()}-{int(match[2])}"
    elif _LETTERS.fullmatch(text.lower()):
        suggestion = text.lower()
    message = f"{text!r} is not a Materials Project id, which looks like mp-5020."
    return Parsed(None, (Problem("mp-id-malformed", message, suggestion),))
