"""A lab's settings file: read strictly, with profiles, and described by a schema."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import jsonschema_rs
import pytest

from importer.cli.credentials import ApiAsked
from importer.errors import SettingsError
from importer.layers.schema import load_schema
from importer.settings import CheckSettings, ReadSettings, SendSettings, make_child_environment
from importer.settings.file import FILE_NAME, load_settings
from importer.settings.option import iter_options

BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nignore: [*b]\n"
STAGING = "profiles:\n  staging: {url: https://staging.example.test, key: AS_API_KEY_STAGING, rate: 2}\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BOMB, "alias"),
        ("max_layers: 2024-13-45\n", "whole number"),
        ("max_layers: 2024-01-01\n", "whole number"),
        ("max_layers: 1:30\n", "whole number"),
        (f"max_layers: {'9' * 5_000}\n", "whole number"),
        ("max_layers: !!int zzz\n", "YAML"),
        ("max_layers: !!timestamp zzz\n", "YAML"),
        ("strict: true\nstrict: false\n", "again"),
        ("read: " + "[" * 5_000, "deep"),
        ("strict: !!python/object/apply:os.getcwd []\n", "YAML"),
        ("send: {rate: .inf}\n", "number"),
    ],
)
def test_what_is_not_plain_is_refused_in_words(text: str, words: str, tmp_path: Path) -> None:
    """Aliases, dates, numbers without end and foreign objects are errors that name the file, never tracebacks."""
    (tmp_path / FILE_NAME).write_text(text)
    with pytest.raises(SettingsError, match=rf"layer-importer\.yaml.*{words}|{words}.*layer-importer\.yaml"):
        load_settings(tmp_path)


def test_plain_values_are_what_they_look_like(tmp_path: Path) -> None:
    """Truth values, numbers and texts; a date in a place for text is its text."""
    (tmp_path / FILE_NAME).write_text("strict: yes\nmax_layers: 7\nread: {sheet: 2024-01-01}\nsend: {rate: 2.5}\n")
    lab = load_settings(tmp_path)
    assert (lab.check.strict, lab.check.max_layers, lab.read.sheet, lab.send.rate) == (True, 7, "2024-01-01", 2.5)


@pytest.mark.parametrize("text", ["not toml [", "\xff\xfe", "x = 1\n" * 200_000], ids=["broken", "binary", "long"])
def test_a_foreign_pyproject_is_passed_over(text: str, tmp_path: Path) -> None:
    """Somebody else's file above stops nothing, whatever is wrong with it."""
    (tmp_path / "pyproject.toml").write_text(text, encoding="latin-1")
    (tmp_path / "data").mkdir()
    assert load_settings(tmp_path / "data").check == CheckSettings()


def test_a_broken_pyproject_with_our_table_is_told(tmp_path: Path) -> None:
    """Where the file names this tool, what it says is wanted."""
    (tmp_path / "pyproject.toml").write_text("[tool.layer-importer]\nstrict = maybe\n")
    with pytest.raises(SettingsError, match="TOML"):
        load_settings(tmp_path)


def test_a_profile_gives_address_key_and_rate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key comes from the profile's own variable, never from the usual one."""
    (tmp_path / FILE_NAME).write_text(STAGING)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AS_API_KEY", "key-of-production")
    with pytest.raises(SettingsError, match="AS_API_KEY_STAGING"):
        ApiAsked(profile="staging").find()
    monkeypatch.setenv("AS_API_KEY_STAGING", "key-of-staging")
    api = ApiAsked(profile="staging").find()
    assert (api.url, api.key.reveal()) == ("https://staging.example.test", "key-of-staging")
    assert load_settings(Path()).find_profile("staging").rate == 2
    with pytest.raises(SettingsError, match="there are: staging"):
        ApiAsked(profile="stagnig").find()
    with pytest.raises(SettingsError, match="--api-url"):
        ApiAsked(profile="staging", url="https://example.test").find()


@pytest.mark.parametrize(
    "entry",
    [
        "{url: https://evil.test, key: AS_API_KEY}",
        "{url: https://evil.test, key: AWS_SECRET_ACCESS_KEY}",
        "{url: http://evil.test, key: AS_API_KEY_X}",
        "{url: https://evil.test}",
        "{url: https://evil.test, key: AS_API_KEY_X, more: 1}",
        "{url: https://evil.test, key: AS_API_KEY_X, rate: fast}",
        "https://evil.test",
    ],
)
def test_a_profile_that_could_give_a_secret_away_is_refused(entry: str, tmp_path: Path) -> None:
    """A file that came along with data can't name the usual key, another program's secret, or an open address."""
    (tmp_path / FILE_NAME).write_text(f"profiles: {{x: {entry}}}\n")
    with pytest.raises(SettingsError, match="profile x"):
        load_settings(tmp_path)


def test_children_do_not_inherit_the_keys_of_profiles() -> None:
    """They need them as little as the usual one."""
    assert make_child_environment({"AS_API_KEY_STAGING": "x", "ATOMSCALE_API_KEY_2": "x", "LANG": "C"}) == {"LANG": "C"}


def test_the_schema_knows_just_what_a_file_may_set() -> None:
    """Each setting that is declared for files stands in the schema with its type, and no other."""
    schema = load_schema("settings")
    for kind, properties in (
        (CheckSettings, {k: v for k, v in schema["properties"].items() if k not in {"read", "send", "profiles"}}),
        (ReadSettings, schema["properties"]["read"]["properties"]),
        (SendSettings, schema["properties"]["send"]["properties"]),
    ):
        assert set(properties) == {each.name for each, declared in iter_options(kind) if declared.in_file}
        defaults = {each.name: each.default for each in fields(kind)}
        for name, described in properties.items():
            assert described["description"]
            value = defaults[name]
            if value is not None:
                jsonschema_rs.validate(described, list(value) if isinstance(value, tuple | frozenset) else value)


def test_max_failed_is_a_part_of_the_whole() -> None:
    """More than all rows is a slip of the hand."""
    assert SendSettings(max_failed="100%").count_allowed_failures(7) == 7
    with pytest.raises(SettingsError, match="120%"):
        SendSettings(max_failed="120%")
