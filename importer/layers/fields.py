"""The table of fields: all that is particular to one of them, in one place.

A field's names in headers stand in ``schemas/columns.json``, its JSON type and bounds in ``schemas/layer.schema.json``,
both under its own name.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from importer.layers import composition, mp_id, orientation, space_group
from importer.layers.elements import parse_element_dict
from importer.layers.integers import parse_integer
from importer.layers.text import parse_metadata, parse_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from importer.issues import Parsed


def _take_whole(value: object) -> object:
    return value


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a layer or of its target material.

    Attributes:
        name: as the API spells it.
        parse: what a trimmed text means.
        write: what is sent of that.
        find_meaning: what two texts have in common that mean the same, for comparing with what is stored.
        recurs: its texts come again from chunk to chunk, so that what they mean is worth keeping.
    """

    name: str
    parse: Callable[[str], Parsed[object]]
    write: Callable[[Any], object] = _take_whole
    find_meaning: Callable[[str], object] = str.strip
    recurs: bool = False


_text = attrgetter("text")

FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        field.name: field
        for field in (
            Field("layer_id", parse_integer),
            Field("sample_id", parse_integer),
            Field("composition_string", composition.parse_composition, _text, composition.find_meaning, recurs=True),
            Field("element_dict", parse_element_dict, recurs=True),
            Field("orientation", orientation.parse_orientation, _text, orientation.find_meaning, recurs=True),
            Field("space_group", space_group.parse_space_group, find_meaning=space_group.find_meaning, recurs=True),
            Field("mp_id", mp_id.parse_mp_id, find_meaning=mp_id.find_meaning, recurs=True),
            Field("id", parse_integer),
            Field("sample_name", parse_name),
            Field("substrate", parse_name),
            Field("sample_metadata", parse_metadata),
        )
    }
)
"""By name, in the order of `importer.contract.ALL_FIELDS`."""
