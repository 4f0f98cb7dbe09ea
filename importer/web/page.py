"""The page for programs: served in the background until it is closed."""

from __future__ import annotations

import atexit
import contextlib
import threading
import webbrowser
from typing import TYPE_CHECKING, Self

from importer.context import require_settings, take_path
from importer.web.server import serve_page, write_redirect
from importer.web.session import Session
from importer.web.workplace import Workplace

if TYPE_CHECKING:
    from pathlib import Path

    from importer.settings import ApiSettings


class Page:
    """The page of a folder, open until it is closed here or in the browser; a context manager.

    Attributes:
        folder: the folder.
        address: where the page is, for the browser of whoever opened it: it opens the page for anybody.
    """

    def __init__(self, session: Session, *, port: int = 0) -> None:
        self.folder = session.workplace.folder
        self.address = ""
        self._session, self._port = session, port
        self._stop, self._ready = threading.Event(), threading.Event()
        self._held = contextlib.ExitStack()
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._serve, name="layer-importer-page", daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._fault is not None:
            raise self._fault
        atexit.register(self.close)

    def __repr__(self) -> str:
        """Return the folder and whether it is open; the address is for nobody else."""
        return f"<Page of {self.folder}, {'open' if self.is_open else 'closed'}>"

    @property
    def is_open(self) -> bool:
        """Whether it is being served."""
        return self._thread.is_alive()

    def show(self) -> bool:
        """Open the page in the browser, and tell whether there is one; the address shows in no list of processes."""
        place = self._held.enter_context(write_redirect(self.address))  # the browser reads it when it has started
        return webbrowser.open(place.absolute().as_uri())

    def wait(self) -> None:
        """Wait until it is closed in the browser, or by another thread."""
        while self._thread.is_alive():
            self._thread.join(1.0)  # a Ctrl-C is heard between two of them on every system

    def close(self) -> None:
        """Close it; what it is sending goes on to a safe point first."""
        self._stop.set()
        self._thread.join()
        atexit.unregister(self.close)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *exc: object) -> None:
        """Close it."""
        self.close()

    def _serve(self) -> None:
        try:
            serve_page(self._session, port=self._port, on_ready=self._take_address, stop=self._stop)
        except BaseException as error:  # noqa: BLE001  # whoever waits for the address gets it
            self._fault = error
        finally:
            self._session.close()
            self._held.close()
            self._ready.set()

    def _take_address(self, address: str) -> None:
        self.address = address
        self._ready.set()


def open_page(folder: str | Path = ".", *, api: ApiSettings | None = None, port: int = 0, browser: bool = True) -> Page:
    """Open the page in which files are checked, corrected and sent, and return it; it's served in the background.

    ::

        with importer.open_page("growths", api=api) as page:
            page.wait()

    Only this machine can reach it. It ends with the program at the latest.

    Args:
        folder: the folder with the files.
        api: the API's address and key; what the environment says, or the page asks for, if left out.
        port: the port; 0 for a free one.
        browser: open it in the browser.

    Raises:
        UsageError: there is no such folder, nothing can be written to it, or the port is taken.
        SettingsError: the settings file of the folder, or what the environment says, can't be used.
    """
    place = take_path("folder", folder)
    if api is not None:
        require_settings(api=api)
    page = Page(Session(Workplace(place), api=api), port=port)
    if browser:
        page.show()
    return page
