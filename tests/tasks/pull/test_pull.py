"""What the server holds as a file: unchanged it changes nothing, edited just the edits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import importer
from importer.errors import ListingError, NothingToDoError, UsageError
from importer.report.tables.stored_layers import StoredStack, write_yaml
from importer.server.listing import Listing
from importer.settings import ApiSettings, SendSettings
from importer.tasks.pull.pull import list_stored
from tests.helpers.processes import KEY, run_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.helpers.processes import SandboxProcess

FORMULAS = ("SrTiO3", "La0.7Sr0.3MnO3", "GaAs", "Nb:SrTiO3", "BaTiO3")
SUFFIXES = (".yaml", ".csv", ".xlsx")


@pytest.fixture
def sandbox() -> Iterator[SandboxProcess]:
    """A sandbox of its own."""
    with run_sandbox() as found:
        yield found


def fill(sandbox: SandboxProcess, folder: Path, *, layers: int, stack: int = 10) -> ApiSettings:
    """Import so many layers; return how to ask for them."""
    lines = ["sample_id,layer_id,composition_string,orientation,space_group,mp_id,element_dict"]
    for number in range(layers):
        sample, layer, formula = number // stack + 1, number % stack + 1, FORMULAS[number % len(FORMULAS)]
        space_group, elements = ("Pm-3m", '"{""Sr"": 1, ""Ti"": 1, ""O"": 2.95}"') if formula == "SrTiO3" else ("", "")
        lines.append(f"{sample},{layer},{formula},{'001' if layer % 2 else '-110'},{space_group},,{elements}")
    (folder / "a.csv").write_text("\n".join(lines))
    api = ApiSettings(url=sandbox.url, key=KEY)
    report = importer.import_layers(folder / "a.csv", api=api)
    assert report.counts["created"] == layers  # type: ignore[index]
    return api


def round_trip(sandbox: SandboxProcess, folder: Path, suffix: str, layers: int) -> None:
    """Prove that what is pulled and imported unchanged is unchanged, and that nothing is written."""
    api = fill(sandbox, folder, layers=layers)
    writes = len(sandbox.list_writes())
    pulled = importer.pull(folder / f"all{suffix}", api=api)
    assert (pulled.layers, pulled.left_out, pulled.invalid, pulled.exit_code) == (layers, (), 0, 0)
    report = importer.import_layers(pulled.path, api=api)
    assert dict(report.counts) == {"unchanged": layers}
    assert len(sandbox.list_writes()) == writes


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_is_pulled_is_unchanged(suffix: str, sandbox: SandboxProcess, tmp_path: Path) -> None:
    """Each format carries every field, and importing it makes no request that writes."""
    round_trip(sandbox, tmp_path, suffix, 200)


@pytest.mark.long
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_ten_thousand_layers_are_unchanged(suffix: str, sandbox: SandboxProcess, tmp_path: Path) -> None:
    """The same with as many as a lab has."""
    round_trip(sandbox, tmp_path, suffix, 10_000)


def test_a_plan_of_an_edited_file_is_just_the_edits(sandbox: SandboxProcess, tmp_path: Path) -> None:
    """One cell is changed and one layer added: the plan updates one row, creates one, and leaves the others."""
    api = fill(sandbox, tmp_path, layers=50)
    pulled = importer.pull(tmp_path / "all.csv", api=api)
    text = pulled.path.read_text()
    (line,) = [line for line in text.splitlines() if line.startswith("2,sample 2,,3,GaAs,")]
    pulled.path.write_text(text.replace(line, line.replace("GaAs", "InAs")) + "2,,,11,GaAs,,,,\r\n")
    plan = importer.PlanSettings(on_existing=importer.OnExisting.UPDATE)
    report = importer.import_layers(pulled.path, api=api, plan=plan)
    assert dict(report.counts) == {"unchanged": 49, "updated": 1, "created": 1}


def test_only_the_samples_that_are_named(sandbox: SandboxProcess, tmp_path: Path) -> None:
    """By id or name; one that isn't there is told, and a file that is there stays."""
    api = fill(sandbox, tmp_path, layers=30)
    (tmp_path / "b.csv").write_text(
        "sample_name,substrate,layer_id,formula\nA17 \u03a9,MgO,1,SrTiO3\n", encoding="utf-8"
    )
    importer.import_layers(tmp_path / "b.csv", api=api)
    pulled = importer.pull(tmp_path / "two.yaml", api=api, samples=["A17 \u03a9", 2])
    assert (pulled.stacks, pulled.layers, pulled.exit_code) == (2, 11, 0)
    assert "A17 \u03a9, on MgO" in pulled.path.read_text(encoding="utf-8")
    with pytest.raises(UsageError, match="'A18'"):
        importer.pull(tmp_path / "none.yaml", api=api, samples=["A18"])
    with pytest.raises(UsageError, match="exists already"):
        importer.pull(tmp_path / "two.yaml", api=api)
    with pytest.raises(UsageError, match=r"\.yaml, \.xlsx or \.csv"):
        importer.pull(tmp_path / "two.pdf", api=api)
    assert not (tmp_path / "none.yaml").exists()


def test_an_empty_or_doubtful_list_makes_no_file(sandbox: SandboxProcess, tmp_path: Path) -> None:
    """Nothing to write is told as that; a list that looks like one page of a longer one must be trusted first."""
    api = ApiSettings(url=sandbox.url, key=KEY)
    with pytest.raises(NothingToDoError):
        importer.pull(tmp_path / "all.yaml", api=api)
    fill(sandbox, tmp_path, layers=100)
    with pytest.raises(ListingError, match="--trust-list"):
        importer.pull(tmp_path / "all.yaml", api=api)
    assert not (tmp_path / "all.yaml").exists()
    assert importer.pull(tmp_path / "all.yaml", api=api, send=SendSettings(trust_list=True)).layers == 100


def test_what_cannot_be_written_truly_is_left_out_and_told() -> None:
    """Two records at a position, and records that can't be read, aren't made to look like a stack."""
    records: list[dict[str, Any]] = [{"id": 1, "sample_id": 7, "layer_id": 1}, {"id": 2, "sample_id": 7, "layer_id": 1}]
    listing = Listing(stacks={7: records, 8: records[:1]}, unreadable={9: ["a record (id 3) has layer_id 'x'"]})
    stacks, left_out = list_stored(listing, [7, 8, 9])
    assert [stack.sample_id for stack in stacks] == [8]
    assert ["several records" in left_out[0], "layer_id 'x'" in left_out[1]] == [True, True]


def test_yaml_keeps_every_character(tmp_path: Path) -> None:
    """Also those that YAML takes for ends of lines, for comments, or for other types."""
    odd = 'a\u0085b\u2028c # "d" \\ 010 \U0001f600 \ufeff\x1b'
    path = tmp_path / "a.yaml"
    with path.open("wb") as stream:
        write_yaml([StoredStack(7, "N\nO\u0085 #", "x\u2029y", [{"layer_id": 1, "composition_string": odd}])], stream)
    checked = importer.validate(path)
    assert checked.rows == 1
    assert {issue.value for issue in checked.issues if issue.value and issue.value.startswith("a")} <= {odd}
    assert json.dumps("composition_string").strip('"') in path.read_text(encoding="utf-8")
