"""Small files of each input format read to what stands beside them; files that can't be read end in their words."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from importer.check import tell_sources
from importer.columns import arrange_chunk, load_mapping, plan_columns
from importer.errors import InputError
from importer.formats.read import find_sources, iter_raw_chunks
from importer.formats.registry import find_format, list_own_formats
from importer.settings import ReadSettings
from importer.tasks.validate import validate

SAMPLES = Path(__file__).parents[2] / "sample_data"
READ = sorted(path for path in (SAMPLES / "formats").glob("*.expected.yaml") if path.name != "lab_book.expected.yaml")
REFUSED = sorted((SAMPLES / "unreadable").glob("*.expected.yaml"))


def find_input(beside: Path) -> Path:
    """Return the file that an expectation stands beside."""
    return beside.with_name(beside.name.removesuffix(".expected.yaml"))


def find_mapping(path: Path) -> Path | None:
    """Return the mapping file of an input, None where it has none."""
    mapping = path.parent / "mappings" / f"{path.name}.yaml"
    return mapping if mapping.exists() else None


@pytest.mark.parametrize("beside", READ, ids=[path.name for path in READ])
def test_a_format_reads_to_what_stands_beside_it(beside: Path) -> None:
    """Each file's layers are, text for text, those beside it, and so are the codes of its issues; all can be sent."""
    expected = yaml.safe_load(beside.read_text(encoding="utf-8"))
    path, layers, start = find_input(beside), list[dict[str, str]](), 0
    mapping = find_mapping(path)
    given = None if mapping is None else load_mapping(mapping)
    (source,) = tell_sources(find_sources([path], ReadSettings(encoding=expected.get("encoding"))), given)
    for raw in iter_raw_chunks(source):
        chunk = arrange_chunk(raw, plan_columns(raw, mapping=given), start=start)
        start += len(chunk.index)
        layers += [
            {str(name): text for name, text in record.items() if text} for record in chunk.frame.to_dict("records")
        ]
    assert layers == expected["layers"]
    checked = validate(path, read=ReadSettings(mapping=mapping, encoding=expected.get("encoding")), keep_frame=False)
    assert sorted(issue.code for issue in checked.issues) == sorted(expected["issues"])
    assert checked.valid == checked.rows == len(layers)


@pytest.mark.parametrize("beside", REFUSED, ids=[path.name for path in REFUSED])
def test_what_cannot_be_read_says_so(beside: Path) -> None:
    """Each file ends in a message that names it and says what to do, in the words beside it."""
    expected = yaml.safe_load(beside.read_text(encoding="utf-8"))
    path = find_input(beside)
    with pytest.raises(InputError) as caught:
        validate(path)
    said = str(caught.value)
    assert path.name in said
    assert expected["error"] in said
    assert len(said.split(". ")) > 1 or ": " in said


def test_every_format_has_its_sample() -> None:
    """No input format is without a file that shows it."""
    shown = {find_format(find_input(path)) for path in READ} | {
        find_format(path) for path in (SAMPLES / "formats").glob("lab_book_*")
    }
    assert shown >= {each.name for each in list_own_formats() if each.suffixes}
    assert len(REFUSED) >= 18
