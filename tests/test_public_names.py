"""The names that the package promises."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

import pytest

import importer
from importer import errors, events
from importer.cli.app import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MADE_HERE = {"Draft", "Page"}
"""Classes that functions of the package make; their constructors are no part of the promise."""
TASKS = {
    "import": "import_layers", "plan": "plan_layers", "apply": "apply_plan", "columns": "preview_columns",
    "explain": "explain_code", "work": "join_run", "stop": "stop_run", "runs": "list_runs", "report": "write_report",
    "guide": "find_guide_page", "doctor": "diagnose", "template": "write_template", "schema": "load_schema",
    "sandbox": "start_sandbox", "ui": "open_page",
}  # fmt: skip
"""Commands whose function has another name."""
SETTINGS = {
    "api": importer.ApiSettings,
    "read": importer.ReadSettings,
    "check": importer.CheckSettings,
    "plan": importer.PlanSettings,
    "send": importer.SendSettings,
    "context": importer.Context,
}


def test_all_is_sorted_and_true() -> None:
    """Every promised name is there, and the list is in order."""
    assert importer.__all__ == sorted(importer.__all__)
    for name in importer.__all__:
        assert getattr(importer, name) is not None


def test_all_is_what_was_promised() -> None:
    """A name is added or taken away on purpose only."""
    assert set(importer.__all__) == {
        "AbortedError", "AddressError", "Advanced", "ApiSettings", "BusyError", "CanaryError", "Cell", "Change",
        "CheckSettings", "CircuitOpenError", "Clock", "ClusterClient", "Code", "ColumnView", "Context", "CopiedFile",
        "Difference", "Draft", "Edit", "Event", "FinalCheckError", "Finding", "Fix", "FixSettings", "Fixed",
        "GuidePage", "ImporterError", "InDoubt", "InputError", "InputLimitError", "Inputs", "Issue",
        "IssueGroup", "KeyRefusedError", "ListingError", "ListingRead", "ListingStoppedError", "MappingError",
        "Mark", "NotTaken", "NothingToDoError", "Notice", "OnExisting", "Outcome", "Page", "Paused", "Phase",
        "PlanSettings", "Pulled", "ReadSettings", "Report", "RowEnded", "RowsRead", "RunFileError", "RunPlace",
        "RunView", "Secret", "SendSettings", "ServerPlace", "SettingsError", "SettlementStarted", "Severity",
        "SideEffectError", "StackRecord", "StackVerdict", "StaleDraftError", "StalePlanError", "Standing",
        "Status", "StoppedReadingError", "StorageError", "SubmitStarted", "Table", "TableView",
        "TooManyRowsError", "Undoing", "UsageError", "Validation", "Verdict", "Verification", "Watched", "Watcher",
        "Where", "Window", "WindowRow", "WriteMode", "Writes", "__version__", "apply_plan", "clean_runs", "diagnose",
        "draft_mapping", "explain_code", "find_guide_page", "fix", "import_layers", "join_run", "list_guide_pages",
        "list_runs", "load_schema", "open_draft", "open_page", "plan_layers", "preview_columns", "pull", "report_runs",
        "resume", "retry", "start_sandbox", "stop_run", "undo", "validate", "verify", "watch", "write_check_reports",
        "write_report", "write_template",
    }  # fmt: skip


def test_every_error_and_event_is_promised() -> None:
    """What may be raised or watched can be named without knowing where it lives."""
    kinds = [each for module in (errors, events) for each in vars(module).values() if isinstance(each, type)]
    own = {each.__name__ for each in kinds if each.__module__ in {errors.__name__, events.__name__}}
    assert own - set(importer.__all__) == set()


def test_importing_the_package_is_light() -> None:
    """``import importer`` loads neither pandas nor requests."""
    code = "import sys, importer; print(sorted({'pandas', 'requests', 'sqlalchemy'} & set(sys.modules)))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout.strip() == "[]"


def test_each_command_has_a_function() -> None:
    """What the command line does can be done from a program."""
    names = {TASKS.get(name, name) for commands in COMMANDS.values() for name in commands}
    assert names - set(importer.__all__) == set()


def read_names(module: str) -> dict[str, Any]:
    """Return the names of a module, with those that only a type checker imports there."""
    found = dict(vars(sys.modules[module]))
    for node in ast.parse(inspect.getsource(sys.modules[module])).body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            exec(compile(ast.Module(node.body, []), module, "exec"), found)  # noqa: S102  # the module's own imports
    return found


def iter_signatures() -> Iterator[tuple[str, Any]]:
    """Yield each public function and class, and the methods and properties of these, with their names."""
    for name in importer.__all__:
        public = getattr(importer, name)
        if inspect.isfunction(public):
            yield name, inspect.unwrap(public)
        if not isinstance(public, type) or not public.__module__.startswith("importer"):
            continue
        yield name, public
        for inner, value in vars(public).items():
            if inner.startswith("_") and (inner != "__init__" or name in MADE_HERE):
                continue
            method = getattr(value, "fget", None) or getattr(value, "func", None) or getattr(value, "__func__", value)
            if inspect.isfunction(method):
                yield f"{name}.{inner}", inspect.unwrap(method)


def iter_types(hint: object) -> Iterator[type]:
    """Yield the classes that a type is made of."""
    if isinstance(hint, type) and get_origin(hint) is None:
        yield hint
    for each in get_args(hint):
        yield from iter_types(each)
        if isinstance(each, list):
            for one in each:
                yield from iter_types(one)


def test_every_type_in_a_signature_is_promised() -> None:
    """Arguments, results and attributes of what is public are of types that can be imported from `importer` too."""
    public = {getattr(importer, name) for name in importer.__all__ if isinstance(getattr(importer, name), type)}
    inputs = read_names("importer.formats.sources.inputs")  # its aliases name pandas
    hidden: list[str] = []
    count = 0
    for name, signature in iter_signatures():
        hints = get_type_hints(signature, {**inputs, **read_names(signature.__module__)}, {})
        for argument, hint in hints.items():
            count += 1
            if not argument.startswith("_"):
                own = {each for each in iter_types(hint) if each.__module__.startswith("importer")}
                hidden += [f"{name}: {argument} is {each.__name__}" for each in own - public]
    assert hidden == []
    assert count > 500


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        (name, argument)
        for name in importer.__all__
        if inspect.isfunction(getattr(importer, name))
        for argument in inspect.signature(getattr(importer, name)).parameters
        if argument in SETTINGS
    ],
)
def test_settings_of_another_kind_are_refused(name: str, argument: str) -> None:
    """A dict, a key or a class in place of settings is one clear sentence with what is wanted, and shows no key."""
    call: Callable[..., Any] = getattr(importer, name)
    wanted = inspect.signature(call).parameters
    given: dict[str, Any] = {"to": "none.html", "paths": "none.html", "api": importer.ApiSettings(key="k")}
    arguments = {each: given.get(each, ".") for each, one in wanted.items() if one.default is one.empty}
    for wrong, words in (
        ({"secret-key": 1}, "not a value of type dict"),
        ("secret-key", "not a value of type str"),
        (SETTINGS[argument], "add the parentheses"),
    ):
        with pytest.raises(importer.UsageError, match=f"{argument} takes {SETTINGS[argument].__name__}") as caught:
            call(**(arguments | {argument: wrong}))
        assert words in str(caught.value)
        assert "secret-key" not in str(caught.value)
