"""Issue codes: what reading a file can find."""

from __future__ import annotations

from importer.codes.entry import Code
from importer.model import Severity

CODES: tuple[Code, ...] = (
    Code(
        "ragged-row",
        Severity.ERROR,
        "The row has more or fewer cells than the header, so that it isn't known which cell belongs to which column.",
        "Give the row as many cells as the header has; put a cell that holds the delimiter in quotes.",
        "1,BaTiO3,001,extra under a header of three columns",
    ),
    Code(
        "blank-row",
        Severity.NOTE,
        "A row without any text was passed over; it is not counted.",
        "Nothing to do.",
        ",,,",
    ),
    Code(
        "title-row",
        Severity.NOTE,
        "A row above the header was taken as a title and not read as a layer.",
        "Nothing to do, unless it is the header: then give the real header at least as many names as it.",
        "Growth log MBE 3",
    ),
    Code(
        "comment-row",
        Severity.NOTE,
        "A line that begins with # was passed over; it is not counted.",
        "Nothing to do, unless it names a layer: then remove the #.",
        "# chamber opened",
    ),
    Code(
        "unterminated-quote",
        Severity.ERROR,
        "A quote is opened and never closed, so that the rest of the file can't be told apart; none of it is sent.",
        'Close the quote; write a quote inside a quoted cell twice ("").',
        '1,"BaTiO3,001',
    ),
    Code(
        "broken-quoting",
        Severity.ERROR,
        "A closing quote is followed by more text, so that the cells of the row can't be told apart.",
        'Put the whole cell in quotes and write a quote inside it twice ("").',
        '1,"BaTiO3"x,001',
    ),
    Code(
        "nul-byte",
        Severity.ERROR,
        "The row holds a NUL character, which no text has: the file is damaged there.",
        "Export the file again, or retype the row.",
        "Ba\\x00TiO3",
    ),
    Code(
        "undecodable-byte",
        Severity.ERROR,
        "The row holds a byte that is no character in the encoding of the file.",
        "Save the file as UTF-8, or retype the row.",
        "Ba\\xffTiO3",
    ),
    Code(
        "duplicate-key",
        Severity.ERROR,
        "A key stands twice in one mapping, so that it isn't known which value counts.",
        "Keep one of the two.",
        "{layer_id: 1, layer_id: 2}",
    ),
    Code(
        "layer-ids-incomplete",
        Severity.ERROR,
        "Some layers of the stack have a layer_id and this one has none.",
        "Number all layers of the stack, or none: then they are numbered from 1 in the order of the file.",
        "layers: [{layer_id: 1}, {formula: SrRuO3}]",
    ),
    Code(
        "stack-without-layers",
        Severity.ERROR,
        "The stack names no layer.",
        "Write its layers, from the substrate up, as a list under `layers:`.",
        "sample_id: 42",
    ),
    Code(
        "not-a-layer",
        Severity.ERROR,
        "Where a layer should stand there is something else.",
        "Write a layer as keys and values: `- formula: BaTiO3`.",
        "layers: [BaTiO3]",
    ),
    Code(
        "not-a-stack",
        Severity.ERROR,
        "Where a stack should stand there is something else.",
        "Write a stack as keys and values: `sample_id`, or `sample`, and `layers`.",
        "stacks: [BaTiO3]",
    ),
    Code(
        "contradicting-key",
        Severity.ERROR,
        "A layer says otherwise than the stack it stands in.",
        "Keep the sample's id, name and substrate in one place, or make the two equal.",
        "{sample_id: 42, layers: [{sample_id: 43}]}",
    ),
    Code(
        "repeat-malformed",
        Severity.ERROR,
        "A group of layers is repeated a number of times that is no whole number of 1 or more.",
        "Write how often the group stands in the stack, e.g. `repeat: 10`.",
        "repeat: ten",
    ),
    Code(
        "group-key-unused",
        Severity.ERROR,
        "A repeated group has keys beside `repeat` and `layers`, which would be lost.",
        "Write them on the layers of the group, or under `defaults`.",
        "{repeat: 10, orientation: 001, layers: [...]}",
    ),
)
