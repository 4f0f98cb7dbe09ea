"""A listing that hangs, on the real command."""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.helpers.forking import Forked

    Start = Callable[..., Forked]


@contextlib.contextmanager
def hang() -> Iterator[tuple[str, threading.Event]]:
    """Give a server that begins its listing and says nothing more, and the event of its being asked."""
    asked, ended = threading.Event(), threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)

        def work() -> None:
            with contextlib.suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n[{"id":1,"sample_id":7},')
                    asked.set()
                    ended.wait(60)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked
        ended.set()
        thread.join(10)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_a_hanging_listing(tmp_path: Path, start_forked: Start, number: int) -> None:
    """Ctrl-C while the listing hangs ends in seconds with 130, every row has its answer, and `resume` is named."""
    (tmp_path / "a.csv").write_text("sample_id,layer_id,formula\n7,1,SrTiO3\n")
    with hang() as (url, asked):
        process = start_forked("import", "a.csv", "--run", "r.run.sqlite", url=url)
        assert asked.wait(60)
        begun = time.monotonic()
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
        taken = time.monotonic() - begun
    assert process.returncode == 130, out + err
    assert taken < 15
    assert "not_sent" in out
    assert "resume" in err + out
    assert "Traceback" not in err
