"""The page that a program opens: served in the background until it is closed, for whoever has its address."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest

import importer

if TYPE_CHECKING:
    from pathlib import Path


def ask(page: importer.Page, path: str) -> str:
    """Return what the page's server says, asked with its token."""
    address, _, token = page.address.partition("#")
    request = urllib.request.Request(f"{address}{path}", headers={"Authorization": f"Bearer {token}"})  # noqa: S310  # loopback
    with urllib.request.urlopen(request, timeout=30) as reply:  # noqa: S310  # loopback
        return reply.read().decode()  # type: ignore[no-any-return]  # text


def test_a_page_is_served_until_it_is_closed(tmp_path: Path) -> None:
    """It shows the folder's files wherever the program is, hides its token and key, and ends with the block."""
    (tmp_path / "a.csv").write_text("sample_id,layer_id,formula\n1,1,Si\n")
    api = importer.ApiSettings(url="http://127.0.0.1:9", key="page-key-314159")
    with importer.open_page(str(tmp_path), api=api, browser=False) as page:
        assert repr(page).endswith("open>")
        files = ask(page, "api/files")
        assert "a.csv" in files
        assert "page-key-314159" not in files
        assert page.address.partition("#")[2] not in repr(page)
        with pytest.raises(urllib.error.HTTPError, match="40"):
            ask(page, "api/nothing")
    assert repr(page).endswith("closed>")
    page.close()
    page.wait()
    with pytest.raises(urllib.error.URLError):
        ask(page, "api/files")


def test_a_browser_gets_the_address_through_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No list of processes shows it; the file is gone when the page is closed."""
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    with importer.open_page(tmp_path) as page:
        (address,) = opened
        place = re.sub("^file://", "", address)
        with urllib.request.urlopen(address, timeout=30) as reply:  # noqa: S310  # a file of this machine
            assert page.address in reply.read().decode()
    with pytest.raises(FileNotFoundError):
        open(place).close()  # noqa: PTH123  # as the browser would


def test_a_page_that_can_t_be_opened_says_why(tmp_path: Path) -> None:
    """A folder that isn't there, and a port that somebody has."""
    with pytest.raises(importer.UsageError, match="There is no folder"):
        importer.open_page(tmp_path / "none", browser=False)
    with importer.open_page(tmp_path, browser=False) as page:
        port = int(re.search(r":([0-9]+)/", page.address)[1])  # type: ignore[index]  # it has one
        with pytest.raises(importer.UsageError, match=f"Port {port} can't be used"):
            importer.open_page(tmp_path, port=port, browser=False)
