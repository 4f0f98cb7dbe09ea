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
        read_as: what ``parse`` makes of a text, for the documentation.
    """

    name: str
    parse: Callable[[str], Parsed[object]]
    write: Callable[[Any], object] = _take_whole
    find_meaning: Callable[[str], object] = str.strip
    recurs: bool = False
    read_as: str = ""


_text = attrgetter("text")
_WHOLE = "whole number"
_TEXT = "text; a sample that the server doesn't know is created, which needs its substrate"

FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        field.name: field
        for field in (
            Field(
                "layer_id",
                parse_integer,
                read_as="whole number; in YAML taken from the order if no layer of the stack has one",
            ),
            Field("sample_id", parse_integer, read_as=_WHOLE),
            Field(
                "composition_string",
                composition.parse_composition,
                _text,
                composition.find_meaning,
                recurs=True,
                read_as="sent as written: `La0.7Sr0.3MnO3`, also `(La,Sr)MnO3`, `YBa2Cu3O7-δ`, `Nb:SrTiO3`, "
                "`CuSO4·5H2O`. White space around it goes, and subscripts (`₃`, `_3`, `_{1-x}`, `<sub>3</sub>`) "
                "become plain characters, with a note. Nothing else is changed: what is doubtful is refused with "
                "a suggestion, or sent with a warning",
            ),
            Field(
                "element_dict",
                parse_element_dict,
                recurs=True,
                read_as='`{"Ba": 1, "O": 3}`, `Ba:1, O:3`, a YAML mapping, or columns named by element',
            ),
            Field(
                "orientation",
                orientation.parse_orientation,
                _text,
                orientation.find_meaning,
                recurs=True,
                read_as="`(0 0 1)` is sent as `001`, `[1-10]` as `1-10`, `(112̅0)` as `11-20`; indices of two digits "
                "keep their spaces: `0 0 12`; letters behind stay: `(111)A` is `111A`. Words such as `c-plane` are "
                "sent as they are, with a warning",
            ),
            Field(
                "space_group",
                space_group.parse_space_group,
                find_meaning=space_group.find_meaning,
                recurs=True,
                read_as="sent as the short symbol of the setting that is written: `99` is `P4mm`, `P6_3mc` is `P63mc`, "
                "`F 4/m -3 2/m` is `Fm-3m`, `Pbnm` stays `Pbnm`, `Fd-3m:2` and `Cmce` stay. A number means its "
                "reference setting",
            ),
            Field("mp_id", mp_id.parse_mp_id, find_meaning=mp_id.find_meaning, recurs=True, read_as="`mp-5020`"),
            Field("id", parse_integer, read_as=_WHOLE),
            Field("sample_name", parse_name, read_as=_TEXT),
            Field("substrate", parse_name, read_as=_TEXT),
            Field(
                "sample_metadata",
                parse_metadata,
                read_as="a JSON object; sent along when the target material is created",
            ),
        )
    }
)
"""By name, in the order of `importer.contract.ALL_FIELDS`."""
