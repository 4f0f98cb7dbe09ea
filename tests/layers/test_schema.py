"""The schemas and the code hold together."""

from __future__ import annotations

from pathlib import Path

import jsonschema_rs
import orjson
import pytest
import yaml

from importer.contract import ALL_FIELDS, LAYER_FIELDS, SCHEMA_NAMES, find_schemas
from importer.errors import UsageError
from importer.issues import load_codes
from importer.layers.elements import list_symbols
from importer.layers.fields import FIELDS
from importer.layers.integers import MAX_INTEGER, parse_integer
from importer.layers.mp_id import parse_mp_id
from importer.layers.schema import layer_validator, load_schema, read_schema
from importer.layers.space_group import list_reference_symbols
from importer.model import Severity, Status

SAMPLES = Path(__file__).parents[2] / "sample_data"


def iter_described(schema: object) -> list[dict[str, object]]:
    """Return the schema and all of its parts that are objects."""
    if isinstance(schema, list):
        return [part for item in schema for part in iter_described(item)]
    if not isinstance(schema, dict):
        return []
    return [schema, *(part for item in schema.values() for part in iter_described(item))]


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_a_schema_is_one(name: str) -> None:
    """Each is a valid schema of draft 2020-12 with a title and a description; its examples pass it."""
    schema = load_schema(name)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"].endswith(f"/{name}.schema.json")
    assert jsonschema_rs.meta.is_valid(schema)
    assert schema["title"]
    assert schema["description"]
    assert schema["examples"]
    for example in schema["examples"]:
        jsonschema_rs.validate(schema, example)


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_every_property_is_described(name: str) -> None:
    """An editor shows a title and a description for each key that may be written."""
    for part in iter_described(load_schema(name)):
        properties = part.get("properties")
        if isinstance(properties, dict) and "type" not in properties:
            for key, field in properties.items():
                assert field.get("title"), key
                assert field.get("description"), key


YAML_SAMPLES = [path for path in sorted(SAMPLES.rglob("*.yaml")) if not path.name.endswith(".expected.yaml")]


@pytest.mark.parametrize("path", YAML_SAMPLES, ids=lambda path: path.name)
def test_a_yaml_sample_names_its_schema_to_editors(path: Path) -> None:
    """The first line leads from the sample to the schema of stacks, or of mapping files."""
    line = path.read_bytes().splitlines()[0].decode()  # the rest of one isn't UTF-8 on purpose
    named = line.removeprefix("# yaml-language-server: $schema=")
    kind = "mapping" if path.parent.name == "mappings" else "stack"
    assert (path.parent / named).resolve() == SAMPLES.parent / "schemas" / f"{kind}.schema.json"


def test_every_schema_file_has_a_name() -> None:
    """No schema is shipped that the command can't print."""
    found = {path.name for path in find_schemas().iterdir() if path.name.endswith(".schema.json")}
    assert found == {f"{name}.schema.json" for name in SCHEMA_NAMES}


def test_a_schema_that_there_isnt_is_refused() -> None:
    """The error names those that there are."""
    with pytest.raises(UsageError, match="layer, stack, mapping, report"):
        read_schema("../pyproject")


API_FIELDS = (
    "layer_id",
    "sample_id",
    "composition_string",
    "element_dict",
    "orientation",
    "space_group",
    "mp_id",
    "id",
)
"""As the API page lists them."""


def test_every_field_of_the_schemas_is_known() -> None:
    """The table of fields holds each of them, under its own name and in the same order."""
    assert tuple(FIELDS) == tuple(field.name for field in FIELDS.values()) == ALL_FIELDS


def test_the_layer_schema_has_the_eight_fields() -> None:
    """They stand in the API page's order, each with title, description and an example that is valid."""
    schema = load_schema("layer")
    assert tuple(name for name in LAYER_FIELDS if name in API_FIELDS) == API_FIELDS
    assert schema["required"] == ["layer_id"]
    for name, field in schema["properties"].items():
        assert field["title"]
        assert field["description"]
        for example in field["examples"]:
            assert layer_validator().is_valid({"layer_id": 1, name: example})


def test_integers_have_the_same_bounds_in_code_and_schema() -> None:
    """What the code takes the schema takes, and one more or less neither does."""
    for number in (0, MAX_INTEGER):
        assert parse_integer(str(number)).value == number
        assert layer_validator().is_valid({"layer_id": number})
    for number in (-1, MAX_INTEGER + 1):
        assert parse_integer(str(number)).value is None
        assert not layer_validator().is_valid({"layer_id": number})


@pytest.mark.parametrize(
    "text",
    [
        "mp-1",
        "mp-999999999999",
        "mp-1234567890123",
        "mp-abc",
        "mvc-12",
        "MP-1",
        "mp-",
        "mp-a1",
        "1",
        "mp-1\n",
        "mp-05020",
    ],
)
def test_materials_project_ids_are_the_same_in_code_and_schema(text: str) -> None:
    """An id passes the code just where it passes the schema."""
    assert (parse_mp_id(text).value is not None) == layer_validator().is_valid({"layer_id": 1, "mp_id": text})


def test_every_symbol_that_may_be_sent_passes_the_schema() -> None:
    """All elements and the symbols of all 230 space groups."""
    assert layer_validator().is_valid({"layer_id": 1, "element_dict": dict.fromkeys(list_symbols(), 1)})
    for symbol in list_reference_symbols():
        assert layer_validator().is_valid({"layer_id": 1, "space_group": symbol})


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"layer_id": "1"},
        {"layer_id": 1.5},
        {"layer_id": 1, "sample_name": "A"},
        {"layer_id": 1, "element_dict": {}},
        {"layer_id": 1, "element_dict": {"Ba": -1}},
        {"layer_id": 1, "composition_string": ""},
        {"layer_id": 1, "mp_id": None},
    ],
)
def test_what_is_no_layer_doesnt_pass(payload: dict[str, object]) -> None:
    """The schema is not a rubber stamp."""
    assert not layer_validator().is_valid(payload)


def test_mapping_and_report_schemas_name_what_the_model_names() -> None:
    """Fields, statuses and severities stand in the schemas as in the code."""
    assert tuple(load_schema("mapping")["$defs"]["field"]["enum"]) == ALL_FIELDS
    report = load_schema("report")
    assert report["properties"]["status"]["enum"] == [status.value for status in Status]
    severity = report["$defs"]["issue"]["properties"]["severity"]
    assert severity["enum"] == [weight.value for weight in Severity]
    codes = jsonschema_rs.validator_for(report["$defs"]["issue"]["properties"]["code"])
    assert all(codes.is_valid(code) for code in load_codes())


def test_the_stack_schema_has_the_layers_fields() -> None:
    """A layer of a stack file has the same eight fields."""
    assert tuple(load_schema("stack")["$defs"]["layer"]["properties"]) == LAYER_FIELDS


STACK_FILES = [
    *sorted((SAMPLES / "valid").glob("*.yaml")),
    *(path for path in sorted((SAMPLES / "formats").glob("*.yaml")) if "expected" not in path.name),
]
WITH_CAPITALS = {"as_people_write.yaml"}
"""Files whose structural keys have capitals: they are read, but an editor that goes by the schema underlines them."""


@pytest.mark.parametrize(
    "path", [path for path in STACK_FILES if path.name not in WITH_CAPITALS], ids=lambda path: path.name
)
def test_valid_stack_files_pass_the_stack_schema(path: Path) -> None:
    """What the importer takes an editor doesn't complain of, with types guessed or not."""
    validator = jsonschema_rs.validator_for(load_schema("stack"))
    for loader in (yaml.SafeLoader, yaml.BaseLoader):
        for document in yaml.load_all(path.read_text(encoding="utf-8"), Loader=loader):
            assert validator.is_valid(document)


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        {"stacks": []},
        {"sample_id": 1},
        {"sample_id": 1, "layers": []},
        {"layers": ["BaTiO3"]},
        {"layers": [{"repeat": 0, "layers": [{"composition_string": "BaTiO3"}]}]},
        {"layers": [{"element_dict": {"barium": 1}}]},
        {"sample_id": 1, "layers": {"film": {"composition_string": "BaTiO3"}}},
        {"sample_id": 1, "order": "reversed", "layers": [{"composition_string": "BaTiO3"}]},
        {"sample": {"name": "A", "model": {"stack": "air | Fe | Si", "layer": {}}}},
        [{"sample_id": 1, "formula": "BaTiO3", "hkl": "001"}],
    ],
)
def test_what_is_no_stack_file_doesnt_pass(document: object) -> None:
    """The usual slips are underlined in an editor."""
    assert not jsonschema_rs.validator_for(load_schema("stack")).is_valid(document)


@pytest.mark.parametrize("name", ["lab_book_pandas.json", "lines.jsonl", "stack.json", "layers_under_positions.json"])
def test_json_files_pass_the_stack_schema(name: str) -> None:
    """Lists of layers and JSON Lines, as programs write them, are stack files as well."""
    validator = jsonschema_rs.validator_for(load_schema("stack"))
    text = (SAMPLES / "formats" / name).read_text(encoding="utf-8")
    for document in [orjson.loads(line) for line in text.splitlines()] if name.endswith("l") else [orjson.loads(text)]:
        assert validator.is_valid(document)
