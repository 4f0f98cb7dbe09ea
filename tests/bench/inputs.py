"""Inputs of the benchmark: generated, seeded, realistic; 3,000 distinct formulas, stacks of 3 to 12 layers, 1 % bad."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import openpyxl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

HEADER = ("sample_id", "layer_id", "composition_string", "orientation", "space_group", "mp_id", "thickness", "notes")
ELEMENTS = ("Ba", "Sr", "Ti", "La", "Al", "Mn", "Ga", "As", "In", "Zn", "Mg", "Fe", "Co", "Ni")
FORMULAS = tuple(f"{one}{two}O{n}" for one in ELEMENTS for two in ELEMENTS if one != two for n in range(1, 18))[:3_000]
ORIENTATIONS = ("001", "110", "111", "0001")
BAD = 0.01
"""Share of the rows whose formula is none."""
SEED = 20261123


def iter_rows(rows: int, *, bad: float = BAD, before: int = 0) -> Iterator[tuple[str, ...]]:
    """Yield about so many rows of stacks, always whole stacks, as texts under `HEADER`, behind some samples."""
    rng = random.Random(SEED)  # noqa: S311  # a benchmark's input
    written, sample = 0, before
    while written < rows:
        sample += 1
        for layer in range(1, rng.randint(3, 12) + 1):
            number = rng.randrange(len(FORMULAS))
            formula = FORMULAS[number] if rng.random() >= bad else "Xx2O3"
            yield (str(sample), str(layer), formula, "001", "Pm-3m", f"mp-{number + 1}", f"{number % 100}.5", "ok")
            written += 1


def write_csv(path: Path, rows: int, *, bad: float = BAD, before: int = 0) -> Path:
    """Write a table of about so many layers, eight columns, its samples numbered behind those of other tables."""
    return _write_rows(path, iter_rows(rows, bad=bad, before=before))


def write_distinct(path: Path, rows: int) -> Path:
    """Write a table of so many layers, each of another formula: solid solutions with amounts of four digits."""
    sites = [(one, two) for one in ELEMENTS for two in ELEMENTS if one < two]
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join(HEADER) + "\n")
        for number in range(rows):
            share, (one, two) = number // len(sites) + 1, sites[number % len(sites)]
            amount = f"0.{share:05d}".rstrip("0")
            formula = f"{one}{amount}{two}O{number % 3 + 2}" if number % 4 else f"({one}{amount}{two})3O4"
            file.write(f"{number // 8 + 1},{number % 8 + 1},{formula},001,Pm-3m,mp-{number + 1},{number % 100}.5,ok\n")
    return path


def write_doubted(path: Path, rows: int) -> Path:
    """Write a table of so many layers, each with a formula that its Materials Project id hasn't had before."""
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join(HEADER) + "\n")
        for number in range(rows):
            formula, material = FORMULAS[number % len(FORMULAS)], number // len(FORMULAS) + 1
            file.write(f"{number // 8 + 1},{number % 8 + 1},{formula},001,Pm-3m,mp-{material},{number % 100}.5,ok\n")
    return path


def write_faulty(path: Path, rows: int) -> Path:
    """Write a table of about so many layers, each with an orientation that has lost its zeros."""
    return _write_rows(path, ([*row[:3], "1", *row[4:]] for row in iter_rows(rows)))


def write_one_stack(path: Path, rows: int) -> Path:
    """Write a table of about so many layers, all of one stack."""
    return _write_rows(path, (["1", str(number + 1), *row[2:]] for number, row in enumerate(iter_rows(rows))))


def _write_rows(path: Path, rows: Iterable[Sequence[str]]) -> Path:
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join(HEADER) + "\n")
        file.writelines(",".join(row) + "\n" for row in rows)
    return path


def write_xlsx(path: Path, rows: int) -> Path:
    """Write a workbook of about so many layers, ten columns; orientations are numbers that show as ``001``."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("layers")
    sheet.append([*HEADER, "chamber", "grower"])
    for number, row in enumerate(iter_rows(rows)):
        orientation = openpyxl.cell.WriteOnlyCell(sheet, value=1)
        orientation.number_format = "000"
        sheet.append([int(row[0]), int(row[1]), row[2], orientation, *row[4:6], float(row[6]), row[7], number % 7, "A"])
    book.save(path)
    return path


def write_yaml(path: Path, stacks: int, *, layers: int = 5) -> Path:
    """Write a YAML file of so many stacks of so many layers."""
    rng = random.Random(SEED)  # noqa: S311  # a benchmark's input
    with path.open("w", encoding="utf-8") as file:
        file.write("stacks:\n")
        for sample in range(1, stacks + 1):
            file.write(f"- sample_id: {sample}\n  layers:\n")
            for layer in range(1, layers + 1):
                number = rng.randrange(len(FORMULAS))
                file.write(
                    f"  - layer_id: {layer}\n    formula: {FORMULAS[number]}\n    orientation: 001\n"
                    f"    space_group: Pm-3m\n    mp_id: mp-{number + 1}\n"
                )
    return path
