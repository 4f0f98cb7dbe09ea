"""Private files and files that take another's place, where the system refuses what Linux allows."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from importer.machine import files


class InUseError(PermissionError):
    """What Windows says of a file that is open."""

    winerror = 32


def test_a_private_file_follows_no_link_also_without_the_system_s_help(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link is refused whether or not there is O_NOFOLLOW; a new file is its owner's."""
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for _ in range(2):
        with pytest.raises(OSError, match="link"):
            files.open_private(tmp_path / "link", os.O_CREAT | os.O_WRONLY)
        monkeypatch.delattr(os, "O_NOFOLLOW", raising=False)
    os.close(files.open_private(tmp_path / "a", os.O_CREAT | os.O_WRONLY))
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("refusals", [0, 3, 10])
def test_a_target_that_is_open_for_a_moment_is_waited_for(
    refusals: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A virus scanner's moment passes; a program that keeps the file open is told after ten tries."""
    tried: list[Path] = []
    replace = Path.replace

    def refuse(self: Path, target: Path) -> Path:
        tried.append(target)
        if len(tried) <= refusals:
            raise InUseError(13, "in use")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    pauses: list[float] = []

    def wait(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr("importer.machine.files.time.sleep", wait)
    (tmp_path / "new").write_text("new")
    (tmp_path / "old").write_text("old")
    if refusals == 10:
        with pytest.raises(PermissionError):
            files.replace_file(tmp_path / "new", tmp_path / "old")
    else:
        files.replace_file(tmp_path / "new", tmp_path / "old")
    assert (tmp_path / "old").read_text() == ("old" if refusals == 10 else "new")
    assert sum(pauses) < 0.6


def test_a_refusal_that_lasts_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the folder may not be written, waiting is no use."""

    def refuse(self: Path, target: Path) -> Path:
        raise PermissionError(13, f"{self} {target}")

    monkeypatch.setattr(Path, "replace", refuse)
    monkeypatch.setattr("importer.machine.files.time.sleep", lambda seconds: pytest.fail(f"waited {seconds} s"))
    with pytest.raises(PermissionError):
        files.replace_file(tmp_path / "new", tmp_path / "old")


def test_a_folder_is_ones_own_if_nobody_else_may_write_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Links, files and folders that others may write to are not; without users on record the kind decides."""
    own, shared, link = tmp_path / "own", tmp_path / "shared", tmp_path / "link"
    own.mkdir(mode=0o700)
    shared.mkdir()
    shared.chmod(0o777)
    link.symlink_to(own)
    (tmp_path / "file").touch()
    assert [files.is_own_folder(each) for each in (own, shared, link, tmp_path / "file")] == [True, False, False, False]
    monkeypatch.delattr(os, "getuid")
    assert [files.is_own_folder(each) for each in (own, shared, link, tmp_path / "file")] == [True, True, False, False]


def test_a_folder_is_synced_where_it_can_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without O_DIRECTORY there is no sync of folders, and nothing is opened."""
    files.sync_folder(tmp_path)
    monkeypatch.delattr(os, "O_DIRECTORY")
    files.sync_folder(tmp_path / "not there")


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("~", "/home/ann"),
        ("~/a.csv", "/home/ann/a.csv"),
        (Path("~/data/*.csv"), Path("/home/ann/data/*.csv")),
        ("a/~/b.csv", "a/~/b.csv"),
        ("./~/b.csv", "./~/b.csv"),
        ("~$a.xlsx", "~$a.xlsx"),
        ("~nobody-of-this-name/a.csv", "~nobody-of-this-name/a.csv"),
        ("-", "-"),
        ("", ""),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="home folders of Unix")
def test_a_home_folder_is_meant_by_its_sign(
    given: str | Path, meant: str | Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As a shell does, and in front alone; names of files that begin with the sign stay."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/ann")
    assert files.expand_home(given) == meant
    assert type(files.expand_home(given)) is type(given)


def test_a_folder_that_is_called_like_the_sign_is_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A shell's pattern gives its name; nothing elsewhere is taken for it."""
    monkeypatch.chdir(tmp_path)
    Path("~").mkdir()
    assert files.expand_home("~/a.csv") == "~/a.csv"
