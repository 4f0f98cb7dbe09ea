"""Materials Project ids."""

from __future__ import annotations

import re

from importer.issues import Code, Fix, Parsed, Problem
from importer.model import Severity

_VALID = re.compile(r"(mp|mvc)-([1-9][0-9]{0,11}|[a-z]{1,16})")
_LETTERS = re.compile(r"(mp|mvc)-[a-z]{1,16}")
_SLIP = re.compile(r"(?i)(?:(mp|mvc)?[\s_\-–—−‐‑:#]*)0*([1-9][0-9]{0,11})(?:\.0+)?")
_WITHIN = re.compile(r"(?i)(?<![a-z0-9])(mp|mvc)-0*([1-9][0-9]{0,11})(?![0-9a-z]|\s+[0-9])")
_NOTHING = re.compile(r"(?i)(?:(?:mp|mvc)-?)?(?:none|n/?a|nan|null|nil|unknown|tbd|id|x{1,8}|\?|-{1,2}|–|—)?")
_OTHERS = re.compile(r"(?i)(icsd|cod|oqmd|aflow|jvasp|nomad|mpds|pdf|jcpds|ccdc)\b.*")
_SHOWN = 80


MP_ID_MALFORMED = Code(
    "mp-id-malformed",
    Severity.ERROR,
    "The text isn't a Materials Project id (expected mp-<number>).",
    "Write it as the Materials Project does, e.g. mp-5020, or leave it empty.",
    "5020",
    fix=Fix.SURE,
)

MP_ID_MVC = Code(
    "mp-id-mvc",
    Severity.NOTE,
    "The id is of the old mvc- series of the Materials Project.",
    "",
    "mvc-1234",
)


def parse_mp_id(text: str) -> Parsed[str]:
    """Return a Materials Project id as the project writes it.

    Valid are ``mp-<digits>`` (legacy), ``mp-<lower-case letters>`` (the newer AlphaIDs) and the same under ``mvc-``;
    source: the pattern of the ``emmet-core`` package. A slip, an address or an id with a remark is an error with the
    likely id as its suggestion.
    """
    if _NOTHING.fullmatch(text):
        message = f"{text!r} isn't a Materials Project id. Leave it empty if there is none."
        return Parsed(None, (Problem(MP_ID_MALFORMED, message),))
    if match := _VALID.fullmatch(text):
        if match[1] == "mvc":
            return Parsed(text, (Problem(MP_ID_MVC, f"{text} is an id of the old mvc- series."),))
        return Parsed(text)
    suggestion = None
    if match := _SLIP.fullmatch(text):
        suggestion = f"{(match[1] or 'mp').lower()}-{int(match[2])}"
    elif _LETTERS.fullmatch(text.lower()):
        suggestion = text.lower()
    elif len(found := {f"{kind.lower()}-{number}" for kind, number in _WITHIN.findall(text)}) == 1:
        suggestion = found.pop()
    message = f"{text[:_SHOWN]!r} isn't a Materials Project id (expected mp-<number>)."
    if match := _OTHERS.fullmatch(text.replace("_", "-")):
        message = f"{text[:_SHOWN]!r} is an id of another database ({match[1]}), not of the Materials Project."
    return Parsed(None, (Problem(MP_ID_MALFORMED, message, suggestion),))


def find_meaning(text: str) -> object:
    """Return an id in lower case with its prefix: servers may keep the number alone."""
    return f"mp-{text}" if text.isdecimal() else text.lower()
