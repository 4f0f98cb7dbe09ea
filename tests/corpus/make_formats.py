"""Makes small files of each input format and of what can't be read.

``PYTHONPATH=. python tests/corpus/make_formats.py SAMPLES``.

``formats`` gets what is read, beside each file the layers and the codes of the issues that are expected of it;
``unreadable`` gets what ends in a message, beside each file words of that message. Both are written by hand here.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import runpy
import sys
import zipfile
from pathlib import Path

import openpyxl
import yaml
import zstandard
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from tests.corpus.table_shapes import SHAPES, Layer, stack

TABLE = "sample_id,layer_id,formula,orientation\n42,1,SrRuO3,001\n42,2,NO,010\n"
LAYERS: list[Layer] = [
    {"sample_id": "42", "layer_id": "1", "composition_string": "SrRuO3", "orientation": "001"},
    {"sample_id": "42", "layer_id": "2", "composition_string": "NO", "orientation": "010"},
]
GERMAN = "Sample;Substrate;layer_id;Formula\nGröße 5 µm;für SrTiO3;1;SrRuO3\n"
GERMAN_LAYERS = [
    {"sample_name": "Größe 5 µm", "substrate": "für SrTiO3", "layer_id": "1", "composition_string": "SrRuO3"}
]


TEXTS: dict[str, tuple[bytes | str, list[Layer], list[str]]] = {
    "semicolon.csv": (TABLE.replace(",", ";"), LAYERS, []),
    "pipe.txt": (TABLE.replace(",", "|"), LAYERS, []),
    "tab.tsv": (TABLE.replace(",", "\t"), LAYERS, []),
    "titles_and_comments.csv": (
        f"# chamber 2\nGrowth log,,,\n\n{TABLE}# end\n",
        LAYERS,
        ["comment-row", "title-row", "comment-row"],
    ),
    "quotes_and_newlines.csv": (
        'sample_name,substrate,layer_id,formula,remark\n"A ""b"", c",SrTiO3,1,"BaTiO3","two\nlines"\n',
        [{"sample_name": 'A "b", c', "substrate": "SrTiO3", "layer_id": "1", "composition_string": "BaTiO3"}],
        ["unused-column"],
    ),
    "utf8_with_mark.csv": (TABLE.encode("utf-8-sig"), LAYERS, []),
    "unicode_text_of_excel.txt": (TABLE.replace(",", "\t").encode("utf-16"), LAYERS, []),
    "utf16_without_mark.csv": (TABLE.encode("utf-16-le"), LAYERS, []),
    "windows_1252.csv": (GERMAN.encode("cp1252"), GERMAN_LAYERS, []),
    "latin_1.csv": (GERMAN.encode("latin-1"), GERMAN_LAYERS, []),
    "mac_roman.csv": (GERMAN.replace("\n", "\r").encode("mac_roman"), GERMAN_LAYERS, []),
    "decimal_commas.csv": (
        "sample_id;layer_id;Ba;Sr;Ti;O\n42,0;1,0;0,7;0,3;1;3\n",
        [{"sample_id": "42.0", "layer_id": "1.0", "element_dict": '{"Ba":"0.7","Sr":"0.3","Ti":"1","O":"3"}'}],
        ["integer-from-decimal", "integer-from-decimal"],
    ),
    "packed.csv.gz": (gzip.compress(TABLE.encode(), mtime=0), LAYERS, []),
    "packed.csv.bz2": (bz2.compress(TABLE.encode()), LAYERS, []),
    "packed.csv.xz": (lzma.compress(TABLE.encode()), LAYERS, []),
    "packed.csv.zst": (zstandard.compress(TABLE.encode()), LAYERS, []),
    "scalars.yaml": (
        "sample_id: 42\nlayers:\n- {formula: NO, orientation: 010}\n- {formula: No, orientation: 1-10}\n",
        [
            {"sample_id": "42", "layer_id": "1", "composition_string": "NO", "orientation": "010"},
            {"sample_id": "42", "layer_id": "2", "composition_string": "No", "orientation": "1-10"},
        ],
        ["case-doubt", "case-doubt"],
    ),
    "anchors_and_defaults.yaml": (
        ("defaults: {substrate: SrTiO3}\nstacks:\n- sample: {name: A}\n  layers:\n"
        "  - &film {formula: BaTiO3, sg: 99}\n  - {<<: *film, formula: PbTiO3}\n  - *film\n"),
        [
            {**layer, "space_group": "99"}
            for layer in stack("BaTiO3 PbTiO3 BaTiO3", sample_name="A", substrate="SrTiO3")
        ],
        [],
    ),
    "several_documents.yaml": (
        "sample_id: 1\nlayers: [{formula: GaAs}]\n---\nsample_id: 2\nlayers: [{formula: AlAs}]\n",
        [*stack("GaAs", sample_id="1"), *stack("AlAs", sample_id="2")],
        [],
    ),
    "nested_repeats.yaml": (
        ("sample_id: 42\nlayers:\n- repeat: 2\n  layers:\n  - formula: GaAs\n  - repeat: 2\n    layers:\n"
        "    - formula: AlAs\n- formula: InAs\n"),
        stack("GaAs AlAs AlAs GaAs AlAs AlAs InAs", sample_id="42"),
        [],
    ),
    "stack.json": (
        '{"sample_id": 42, "layers": [{"formula": "SrRuO3", "hkl": "001"}, {"formula": "NO", "hkl": "010"}]}\n',
        LAYERS,
        [],
    ),
    "lines.jsonl": (
        ('{"sample_id": 42, "layer_id": 1, "formula": "SrRuO3", "orientation": "001"}\n'
        '{"sample_id": 42, "layer_id": 2, "formula": "NO", "orientation": "010"}\n'),
        LAYERS,
        [],
    ),
    "orso_stack.yaml": (
        "sample_name: X\nsample: {model: {stack: air | 2 ( Si 7 | Fe 7 ) | Si}}\n",
        stack("Fe Si Fe Si", sample_name="X", substrate="Si"),
        ["model-partly-unused"],
    ),
    "orso_sub_stacks.yaml": (
        ("sample_name: Y\nsample:\n  model:\n    stack: air | film | oxide | Si\n    sub_stacks:\n"
        "      film: {repetitions: 2, stack: Si 7 | Fe 7}\n    layers:\n      oxide: {thickness: 2, material: glass}\n"
        "    materials:\n      glass: {formula: SiO2, mass_density: 2.2}\n"),
        stack("SiO2 Fe Si Fe Si", sample_name="Y", substrate="Si"),
        ["model-partly-unused"],
    ),
    "reflectivity.ort": (
        ("# # ORSO reflectivity data file | 1.1 standard | YAML encoding | https://www.reflectometry.org/\n"
        "# data_source:\n#   sample:\n#     name: Ni film\n#     model:\n#       stack: air | Ni 100 | SiO2 0.5 | Si\n"
        "# columns:\n# - {name: Qz, unit: 1/angstrom}\n# - {name: R}\n0.01 1.0\n0.02 0.9\n"),
        stack("SiO2 Ni", sample_name="Ni film", substrate="Si"),
        ["model-partly-unused"],
    ),
    "layers_under_positions.json": (
        ('{"sample_id": 42, "layers": {"2": {"formula": "NO", "hkl": "010"},\n'
        '  "1": {"formula": "SrRuO3", "hkl": "001"}}}\n'),
        LAYERS[::-1],
        ["rows-out-of-order"],
    ),
    "top_down.yaml": (
        ("order: top-down\nstacks:\n- sample_id: 42\n  layers:\n"
        "  - {formula: NO, hkl: 010}\n  - {formula: SrRuO3, hkl: 001}\n"
        "- sample_id: 43\n  order: from the substrate up\n  layers:\n  - {formula: SrRuO3}\n  - {formula: Pt}\n"),
        [*LAYERS, *stack("SrRuO3 Pt", sample_id="43")],
        ["layer-order-turned"],
    ),
    "as_people_write.yaml": (
        ("Project: FE films\nStacks:\n- Sample: {Name: A, Substrate: {formula: SrTiO3}}\n  Layers:\n"
        "  - {Name: buffer, Formula: SrRuO3, Orientation: [001]}\n"
        "  - {Name: film, Formula: BaTiO3, Orientation: [1, -1, 0]}\n"
        "  - {Name: cap, Formula: Pt, Orientation: {111}}\n  - {Name: ~, Formula: Au, Orientation: null}\n"),
        [
            {**layer, **orientation}
            for layer, orientation in zip(
                stack("SrRuO3 BaTiO3 Pt Au", sample_name="A", substrate="SrTiO3"),
                ({"orientation": "[001]"}, {"orientation": "[1, -1, 0]"}, {"orientation": "{111}"}, {}),
                strict=True,
            )
        ],
        ["orientation-direction", "orientation-direction", "orientation-direction", "key-unused", "unused-column"],
    ),
    "orso_through_the_substrate.yaml": (
        ("sample:\n  name: Z\n  model:\n    stack: Si | SiO2 1.5 | b | film 5 | solvent\n    sub_stacks:\n"
        "      a: {repetitions: 2, stack: Ni 3 | Ti 2}\n      b: {like: a, but: {repetitions: 1}}\n"
        "    materials:\n      film: {formula: 'Fe[57]', mass_density: 7.8}\n      solvent: {sld: 6.3e-6}\n"),
        stack("SiO2 Ni Ti 57Fe", sample_name="Z", substrate="Si"),
        ["formula-isotope", "layer-order-turned", "model-partly-unused"],
    ),
    "wide_layer_first.csv": (
        ("Sample,Substrate,layer1_composition,layer1_orientation,layer2_composition,layer2_orientation\n"
        "A,SrTiO3,GaAs,001,AlAs,110\nB,Si,GaAs,111,,\n"),
        [
            {**stack("GaAs", sample_name="A", substrate="SrTiO3")[0], "orientation": "001"},
            {**stack("GaAs AlAs", sample_name="A", substrate="SrTiO3")[1], "orientation": "110"},
            {**stack("GaAs", sample_name="B", substrate="Si")[0], "orientation": "111"},
        ],
        [],
    ),
    "wide_of_pandas.csv": (
        "sample_id,Composition,Composition.1,Composition.2\n42,GaAs,AlAs,InAs\n",
        stack("GaAs AlAs InAs", sample_id="42"),
        [],
    ),
    "wide_short_names.csv": ("sample_id,L1 formula,L2 formula\n42,GaAs,AlAs\n", stack("GaAs AlAs", sample_id="42"), []),
    "mapped.csv": (
        "run,piece,Nr,Film,SG/MP,Remarks,hkl\nG1,a,1,STO,99/mp-5020,x,\n",
        [
            {
                "sample_name": "G1-a", "substrate": "Si", "layer_id": "1", "composition_string": "SrTiO3",
                "orientation": "001", "space_group": "99", "mp_id": "mp-5020",
            }
        ],
        [],
    ),
}  # fmt: skip

MAPPING = """columns:
  Film: {field: composition_string, values: {STO: SrTiO3}}
  Nr: layer_id
ignore: [Remarks]
constants: {substrate: Si}
defaults: {orientation: 001}
templates: {sample_name: "{run}-{piece}"}
split: {SG/MP: {separator: /, fields: [space_group, mp_id]}}
"""

ENTITY = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
UNREADABLE: dict[str, tuple[bytes | str, str]] = {
    "csv_named_workbook.xlsx": (TABLE, "isn't an XLSX workbook"),
    "csv_named_old_workbook.xls": (TABLE, "isn't an old Excel workbook"),
    "csv_named_parquet.parquet": (TABLE, "can't be read as parquet"),
    "empty.csv": ("", "is empty"),
    "nothing_but_zeros.csv": (b"\0" * 500, "isn't plain text"),
    "cut_off.csv.gz": (gzip.compress(TABLE.encode(), mtime=0)[:40], "can't be read to the end"),
    "alias_bomb.yaml": (
        "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)),
        "with all aliases expanded",
    ),
    "nested_too_deeply.yaml": ("[" * 2000, "nested more than 32 levels deep"),
    "unknown_tag.yaml": ("sample_id: 42\nlayers: [{formula: !mine GaAs}]\n", "line 3: the tag"),
    "broken.json": ('{"sample_id": 42, "layers": [\n{"formula": 010}]}\n', "line 2, column 13"),
    "cut_off.jsonl": ('{"sample_id": 42, "layer_id": 1}\n{"sample_id": 42,\n', "isn't valid JSON"),
}


ENCODINGS = {"windows_1252.csv": "cp1252", "latin_1.csv": "latin_1", "mac_roman.csv": "mac_roman"}
"""What a sample's encoding is said to be by an option: a guessed one stops the rows that it touches."""


def main(samples: Path) -> None:
    """Make all files in the folders ``formats`` and ``unreadable``."""
    formats, unreadable = samples / "formats", samples / "unreadable"
    for folder in (formats / "mappings", unreadable):
        folder.mkdir(parents=True, exist_ok=True)
    for name, (content, layers, codes) in TEXTS.items():
        write_sample(formats / name, content)
        told = {"encoding": ENCODINGS[name]} if name in ENCODINGS else {}
        write_expected(formats / name, {"layers": layers, "issues": codes, **told})
    for name, (content, layers, codes, mapping) in SHAPES.items():
        write_sample(formats / name, content)
        write_expected(formats / name, {"layers": layers, "issues": codes})
        (formats / "mappings" / f"{name}.yaml").write_text(make_editor_line("../../../schemas/mapping") + mapping)
    (formats / "mappings" / "mapped.csv.yaml").write_text(make_editor_line("../../../schemas/mapping") + MAPPING)
    write_zip(formats / "packed.zip", {"growth.csv": TABLE})
    write_expected(formats / "packed.zip", {"layers": LAYERS, "issues": []})
    make_rich_text(formats / "rich_text.xlsx")
    expected = [{**LAYERS[0], "composition_string": "BaTiO3"}]
    write_expected(formats / "rich_text.xlsx", {"layers": expected, "issues": []})
    make_old_book(formats / "cyrillic_excel_95.xls")
    expected = [{"sample_id": "3064", "layer_id": "1", "composition_string": "SrRuO3", "orientation": "001"}]
    write_expected(formats / "cyrillic_excel_95.xls", {"layers": expected, "issues": []})
    for name, (content, words) in {**UNREADABLE, **make_unreadable_packages()}.items():
        write_sample(unreadable / name, content)
        write_expected(unreadable / name, {"error": words})


def write_sample(path: Path, content: bytes | str) -> None:
    """Write a sample; a YAML one begins with the line by which editors find its schema."""
    line = make_editor_line("../../schemas/stack") if path.suffix == ".yaml" else ""
    path.write_bytes(line.encode() + (content if isinstance(content, bytes) else content.encode()))


def make_editor_line(schema: str) -> str:
    """Return the line by which editors find the schema of a YAML file."""
    return f"# yaml-language-server: $schema={schema}.schema.json\n"


def make_old_book(path: Path) -> None:
    """Write a workbook of Excel 95 whose sheet is named in Cyrillic, with a 1 that shows as 001."""
    biff5 = runpy.run_path(str(Path(__file__).with_name("biff5.py")))
    label, number = biff5["label"], biff5["number"]
    cells = label(0, 0, "sample_id") + label(0, 1, "layer_id") + label(0, 2, "formula") + label(0, 3, "hkl")
    cells += number(1, 0, 3064) + number(1, 1, 1) + label(1, 2, "SrRuO3") + number(1, 3, 1, style=1)
    path.write_bytes(biff5["make_file"](biff5["make_stream"]("Слои".encode("cp1251"), cells, code_page=1251)))


def make_rich_text(path: Path) -> None:
    """Write a workbook whose formula has a subscript."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["sample_id", "layer_id", "formula", "orientation"])
    sheet.append([42, 1, CellRichText("BaTiO", TextBlock(InlineFont(vertAlign="subscript"), "3")), 1])
    sheet["D2"].number_format = "000"
    book.save(path)


def make_unreadable_packages() -> dict[str, tuple[bytes | str, str]]:
    """Return the workbooks that can't be read."""
    stream = io.BytesIO()
    openpyxl.Workbook().save(stream)
    whole = stream.getvalue()
    with zipfile.ZipFile(stream) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    rows = b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    far = b"<sheetData>%s</sheetData>" % rows
    biff5 = runpy.run_path(str(Path(__file__).with_name("biff5.py")))
    return {
        "cut_off.xlsx": (whole[: len(whole) // 2], "damaged or cut off"),
        "protected.xlsx": (biff5["make_file"](bytes(5000), name="EncryptedPackage"), "protected by a password"),
        "old_workbook_renamed.xlsx": (biff5["make_file"](bytes(5000)), "suffix .xls"),
        "cells_far_apart.xlsx": (
            zip_parts({**parts, sheet: re.sub(rb"<sheetData ?/?>(?:</sheetData>)?", far, parts[sheet])}),
            "spans 17,179,869,184 cells",
        ),
        "bomb.xlsx": (zip_parts({**parts, "xl/media/zeros.bin": bytes(30_000_000)}), "times its size"),
        "entity.xlsx": (
            zip_parts({**parts, sheet: parts[sheet].replace(b"<worksheet", ENTITY.encode() + b"<worksheet")}),
            "declares a document type",
        ),
        "entity.ods": (zip_parts({"content.xml": f"{ENTITY}<a/>".encode()}), "declares a document type"),
        "two_files.zip": (zip_parts({"a.csv": TABLE.encode(), "b.csv": TABLE.encode()}), "holds 2 files"),
    }


def zip_parts(parts: dict[str, bytes]) -> bytes:
    """Return a package of these parts."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def write_zip(path: Path, parts: dict[str, str]) -> None:
    """Write a package of these texts."""
    path.write_bytes(zip_parts({name: text.encode() for name, text in parts.items()}))


def write_expected(path: Path, content: dict[str, object]) -> None:
    """Write beside a file what is expected of it."""
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=1000)
    path.with_name(f"{path.name}.expected.yaml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
