"""Makes the files of ``sample_data/formats`` by real programs: ``make_corpus.py FOLDER [PROGRAM...]``.

openpyxl writes one lab workbook; LibreOffice saves it as XLSX, XLS and ODS, and as CSV in three locales (American with
UTF-8, German with Windows-1252, French with UTF-16); SheetJS, run by node, saves it as XLSB, XLSX, XLS and ODS. pandas
writes the same layers as CSV, JSON, JSON Lines, Parquet and Feather. All of them must read to the same layers.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import openpyxl
import pandas as pd

TITLE = "Growth log of chamber 2"
HEADER = ["Sample", "Substrate", "Layer no.", "Formula", "Orientation", "Ba (at%)", "Sr (at%)", "O (at%)", "d"]
UNITS = [None, None, None, None, "(hkl)", "%", "%", "%", "nm"]
LAYERS: list[list[str | int | float]] = [
    ["Größe-1", "SrTiO3", 1, "SrRuO3", 1, 0.5, 19.5, 60.25, 40],
    ["Größe-1", "SrTiO3", 2, "BaTiO3", 1, 20.5, 0.5, 60.25, 12.5],
    ["Größe-1", "SrTiO3", 3, "NaN", 110, 0.25, 0.75, 59.5, 7],
    ["Größe-2", "LaAlO3", 1, "NO", 11, 1.5, 2.5, 3.25, 8],
    ["Größe-2", "LaAlO3", 2, "InF", 111, 1.5, 2.5, 3.25, 9],
]
LOCALES = {"en-US": ("44", "76", "us"), "de-DE": ("59", "1", "de"), "fr-FR": ("59", "65535", "fr")}
"""Locale -> code of the separator, number of the encoding in LibreOffice's table, suffix of the name."""


PROGRAMS = ("pandas", "openpyxl", "libreoffice", "sheetjs")
SHEETJS = "xlsx@0.18.5"


def main(folder: Path, programs: tuple[str, ...] = PROGRAMS) -> None:
    """Make the files of these programs in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        book = Path(work) / "lab_book.xlsx"
        make_with_openpyxl(book)
        if "pandas" in programs:
            make_with_pandas(folder)
        if "openpyxl" in programs:
            shutil.copy(book, folder / "lab_book_openpyxl.xlsx")
        if "libreoffice" in programs:
            make_with_libreoffice(book, folder)
        if "sheetjs" in programs:
            make_with_sheetjs(book, folder)


def make_with_openpyxl(path: Path, *, is_merged: bool = True) -> None:
    """Write the workbook: title, a units row, merged samples, a hidden row, 001 as a format, a sheet of notes."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Growths"
    sheet["B1"] = TITLE
    for column, (name, unit) in enumerate(zip(HEADER, UNITS, strict=True), start=2):
        sheet.cell(3, column, name)
        sheet.cell(4, column, unit)
    seen: set[object] = set()
    for row, layer in enumerate(LAYERS, start=5):
        for column, value in enumerate(layer, start=2):
            if column > 3 or layer[0] not in seen or not is_merged:
                sheet.cell(row, column, value)
        sheet.cell(row, 6).number_format = "000"
        for column in (7, 8, 9):
            sheet.cell(row, column).number_format = "0.00"
        seen.add(layer[0])
    for area in ("B5:B7", "C5:C7", "B8:B9", "C8:C9") if is_merged else ():
        sheet.merge_cells(area)
    sheet.row_dimensions[6].hidden = True
    book.create_sheet("Notes")["A1"] = "Vent the chamber before the holidays"
    book.save(path)


def make_with_libreoffice(book: Path, folder: Path) -> None:
    """Save the workbook in LibreOffice's formats, and, without merged cells, as CSV in three locales as shown."""
    flat = book.parent / "flat.xlsx"
    make_with_openpyxl(flat, is_merged=False)
    for locale, (separator, encoding, suffix) in LOCALES.items():
        profile = book.parent / f"profile-{suffix}"
        (profile / "user").mkdir(parents=True)
        (profile / "user" / "registrymodifications.xcu").write_text(
            '<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry">'
            '<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale" oor:op="fuse">'
            f"<value>{locale}</value></prop></item></oor:items>"
        )
        options = f"{separator},34,{encoding},1,,0,false,true,true"
        convert(flat, profile, f"csv:Text - txt - csv (StarCalc):{options}")
        made = book.parent / "made" / "flat.csv"
        shutil.move(made, folder / f"lab_book_{suffix}.csv")
    for kind, name in (("xlsx:Calc MS Excel 2007 XML", "xlsx"), ("xls:MS Excel 97", "xls"), ("ods", "ods")):
        convert(book, book.parent / "profile-us", kind)
        shutil.move(book.parent / "made" / f"lab_book.{name}", folder / f"lab_book_libreoffice.{name}")


def convert(book: Path, profile: Path, kind: str) -> None:
    """Have LibreOffice save a workbook as another kind of file."""
    program = shutil.which("soffice")
    if program is None:
        sys.exit("LibreOffice is needed: apt-get install libreoffice-calc")
    command = [program, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--convert-to", kind]
    command += ["--outdir", str(book.parent / "made"), str(book)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)


def make_with_sheetjs(book: Path, folder: Path) -> None:
    """Save the workbook in SheetJS's formats; npm fetches it into the folder of the workbook."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        sys.exit("node and npm are needed: apt-get install nodejs npm")
    subprocess.run([npm, "install", "--silent", "--prefix", str(book.parent), SHEETJS], check=True, timeout=300)
    script = Path(__file__).with_name("save_by_sheetjs.cjs")
    modules = {"NODE_PATH": str(book.parent / "node_modules")}
    subprocess.run([node, str(script), str(book), str(folder)], check=True, env=os.environ | modules, timeout=120)


def make_with_pandas(folder: Path) -> None:
    """Write the layers as pandas writes them, the orientation as text."""
    frame = pd.DataFrame(LAYERS, columns=HEADER)
    frame["Orientation"] = frame["Orientation"].map("{:03d}".format)
    for column in ("Ba (at%)", "Sr (at%)", "O (at%)"):
        frame[column] = frame[column].map("{:.2f}".format)
    frame.to_csv(folder / "lab_book_pandas.csv", index=False)
    frame.to_json(folder / "lab_book_pandas.json", orient="records", indent=1)
    frame.to_json(folder / "lab_book_pandas.jsonl", orient="records", lines=True)
    frame.to_parquet(folder / "lab_book_pandas.parquet", index=False)
    frame.to_feather(folder / "lab_book_pandas.feather")


if __name__ == "__main__":
    main(Path(sys.argv[1]), tuple(sys.argv[2:]) or PROGRAMS)
