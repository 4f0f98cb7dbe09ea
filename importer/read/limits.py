"""The bounds of reading: past one of them an input is refused with a message, in bounded memory and time."""

from __future__ import annotations

MAX_INPUT_BYTES = 8 * 1024**3
"""Bytes of one text input, unpacked."""

MAX_LINE_BYTES = 16 * 1024**2
"""Bytes of one line of a text input."""

MAX_COLUMNS = 16_384
"""Columns of one table: what a worksheet can have."""

MAX_CELL_CHARACTERS = 131_072
"""Characters of one cell of a delimited file; the csv module's own bound, four times that of a worksheet."""

MAX_HEADER_SEARCH = 50
"""Rows among which the header of a table is looked for."""

MAX_FILES = 10_000
"""Files that one folder or pattern may stand for."""

MAX_DEPTH = 32
"""How deep mappings and lists of a YAML or JSON input may be nested."""

MAX_STACK_NODES = 2_000_000
"""Keys, values, mappings and lists that one stack may hold, aliases counted as what they stand for."""

MAX_STACK_LAYERS = 1_000_000
"""Layers of one stack, repeats written out."""
