"""Run as a process of its own: opens a workbook within bounds of memory and time, and tells whether it survived.

The workbook reader ends the process on some damaged files, and takes all memory on others; here that ends only this
process. Prints one line of JSON: the sheets with their extents, or the error.
"""

from __future__ import annotations

import json
import resource
import sys

import python_calamine


def main(path: str, most_bytes: int, most_seconds: int) -> None:
    """Open a workbook and all its sheets, and print what came of it."""
    resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (most_seconds, most_seconds))
    try:
        workbook = python_calamine.CalamineWorkbook.from_path(path)
        sheets = []
        for data in workbook.sheets_metadata:
            if data.typ is python_calamine.SheetTypeEnum.WorkSheet:
                sheet = workbook.get_sheet_by_name(data.name)
                sheets.append([data.name, sheet.total_height, sheet.total_width])
        answer: dict[str, object] = {"sheets": sheets}
    except python_calamine.PasswordError:
        answer = {"password": True}
    except (python_calamine.CalamineError, OSError) as error:
        answer = {"error": str(error)[:300]}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
