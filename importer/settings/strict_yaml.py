"""YAML of which every value is what it looks like: no aliases, dates, sexagesimals, or numbers without end."""

from __future__ import annotations

import re

import yaml

MAX_LEVELS = 8
"""How deep lists and mappings of a settings file may lie in each other."""


class _Loader(yaml.SafeLoader):
    """Knows truth values, whole numbers and decimals; all else is text."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  # as yaml declares it


for _tag, _form, _first in (
    ("bool", r"(?:yes|no|true|false|on|off|Yes|No|True|False|On|Off|YES|NO|TRUE|FALSE|ON|OFF)", "yYnNtTfFoO"),
    ("null", r"(?:~|null|Null|NULL|)", "~nN\0"),
    ("int", r"[-+]?(?:0|[1-9][0-9]{0,17})", "-+0123456789"),
    ("float", r"[-+]?[0-9]{1,17}\.[0-9]{0,17}(?:[eE][-+][0-9]{1,3})?", "-+0123456789"),
):
    for _sign in [*_first.replace("\0", ""), *([""] if "\0" in _first else [])]:
        _Loader.yaml_implicit_resolvers.setdefault(_sign, []).append(
            (f"tag:yaml.org,2002:{_tag}", re.compile(f"^{_form}$"))
        )


def load_strict_yaml(text: str) -> object:
    """Return what a text holds.

    Raises:
        ValueError: it isn't YAML, is nested too deep, or has an alias or a key twice; the message says where.
    """
    try:
        _check_events(text)
        found: object = yaml.load(text, Loader=_Loader)  # noqa: S506  # a safe loader that knows less
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from None
    return found


def _check_events(text: str) -> None:
    """Refuse, before anything is built of it, what can grow without end or hides what stands there.

    Raises:
        ValueError: it has one of these.
    """
    keys: list[set[str] | None] = []
    is_key: list[bool] = []
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = 0 if event.start_mark is None else event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            raise ValueError(f"line {line} has an alias (*): write it out")  # noqa: TRY004  # of the text, not of a type
        if getattr(event, "tag", None) is not None:
            raise ValueError(f"line {line} has a tag (!): leave it out")
        if isinstance(event, yaml.CollectionEndEvent):
            keys.pop()
            is_key.pop()
            continue
        if isinstance(event, yaml.ScalarEvent) and keys and is_key[-1] and (known := keys[-1]) is not None:
            if event.value in known:
                raise ValueError(f"line {line} has the key {event.value!r} again")
            known.add(event.value)
        if isinstance(event, yaml.NodeEvent) and keys and keys[-1] is not None:
            is_key[-1] = not is_key[-1]
        if isinstance(event, yaml.CollectionStartEvent):
            keys.append(set() if isinstance(event, yaml.MappingStartEvent) else None)
            is_key.append(True)
            if len(keys) > MAX_LEVELS:
                raise ValueError(f"line {line} is nested more than {MAX_LEVELS} levels deep")
