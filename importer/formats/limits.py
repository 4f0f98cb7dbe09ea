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

MAX_ROWS = 50_000_000
"""Rows of one run: what the rules across all of them keep of a row, some 35 bytes, is bounded by it."""

MAX_FILES = 10_000
"""Files that one folder or pattern may stand for."""

MAX_SERVER_FILES = 100_000
"""The same for a run on a server."""

MAX_ENTRIES = 200_000
"""Files and folders of one folder that are looked at."""

MAX_DEPTH = 32
"""How deep mappings and lists of a YAML or JSON input may be nested."""

TOO_DEEP = (
    f"lists and mappings are nested more than {MAX_DEPTH} levels deep. Close any open brackets, or write the stack "
    "with fewer levels."
)
"""What is said of an input past that bound."""

MAX_STACK_NODES = 2_000_000
"""Keys, values, mappings and lists that one stack may hold, aliases counted as what they stand for."""

MAX_STACK_LAYERS = 1_000_000
"""Layers of one stack, repeats written out."""

MAX_PACKAGE_ENTRIES = 10_000
"""Parts of one zip package."""

MAX_PACKAGE_BYTES = 1024**3
"""Bytes of one part of a zip package, unpacked."""

MAX_PACKAGE_RATIO = 200
"""How many times its packed size a zip package may unpack to, beyond the first 10 MiB; workbooks reach about 30."""

MAX_SHEET_CELLS = 30_000_000
"""Cells of the smallest rectangle that holds a sheet's text; a workbook reader holds all of them."""

MAX_TREE_BYTES = 32 * 1024**2
"""Bytes of a part of a package that is held as a tree: its list of sheets, its styles."""

MAX_ELEMENTS = 60_000_000
"""Elements of an OpenDocument spreadsheet; a million rows of ten cells have about twenty million."""

MAX_LOOSE_ELEMENTS = 3_000_000
"""Those of them that are its rows, or stand outside of them."""

MAX_XML_DEPTH = 100
"""How deep the elements of an OpenDocument spreadsheet may be nested; programs write about ten."""

MAX_TEXTS = 10_000_000
"""Texts that a workbook's sheets share."""

MAX_TEXTS_CHARACTERS = 256 * 1024**2
"""Characters of all texts that an XLSB workbook's sheets share."""

MAX_CELL_BYTES = 4 * 1024**2
"""Bytes of one cell's XML; a worksheet's cell holds 32,767 characters."""

MAX_TEXT_RATIO = 500
"""How many times its packed size a text input may unpack to, beyond the first 64 MiB; tables reach about 50."""

MAX_UNPACKED_FREE = 64 * 1024**2
"""Bytes that a text input may unpack to, however small it is packed."""

MAX_PROBE_BYTES = 4 * 1024**3
"""Memory of the process that opens a workbook first to see whether it survives."""

MAX_PROBE_SECONDS = 120
"""Processor time of that process."""

MAX_XLS_BYTES = 256 * 1024**2
"""Bytes of one XLS workbook; 65,536 rows of 256 columns fit well."""

MAX_MODEL_CHARACTERS = 200_000
"""Characters of one model in the ORSO language."""

MAX_ARROW_BYTES = 1024**3
"""Memory of the process that reads a Parquet or Feather file first."""

MAX_BATCH_BYTES = 256 * 1024**2
"""Bytes of one batch of such a file, unpacked: 10,000 rows of Parquet, what its writer chose in Feather."""

MAX_PART_BYTES = 16 * 1024**2
"""Bytes of those rows that become texts at once."""

MAX_CHUNK_CELLS = 1_000_000
"""Cells of a chunk; a table of very many columns comes in chunks of fewer rows."""
