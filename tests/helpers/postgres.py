"""A PostgreSQL server of this test process alone: in a folder of its own, reached by a socket in it, by nobody else."""

from __future__ import annotations

import atexit
import functools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

USER = "lab"
PROGRAMS = Path("/usr/lib/postgresql")
"""Where Debian keeps the programs of each version."""
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "shared_buffers": "32MB",
    "max_connections": "200",
    "log_min_messages": "fatal",
}
STARTED_SECONDS = 60


class Cluster:
    """The server, running until this process ends, however it ends.

    Args:
        programs: the folder of its programs.
        settings: what differs from its own, beside the place of its socket.
    """

    def __init__(self, programs: Path, settings: Mapping[str, str] = SETTINGS) -> None:
        self._programs, self._settings = programs, settings
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self._account = "postgres" if os.getuid() == 0 else None
        if self._account is not None:  # the server refuses to run as root
            found = pwd.getpwnam(self._account)
            os.chown(self.folder, found.pw_uid, found.pw_gid)
        data = str(self.folder / "data")
        self._run("initdb", "-D", data, "-A", "trust", "-U", USER, "-E", "UTF8", "--no-sync", "--locale=C.UTF-8")
        self.start()

    def start(self) -> None:
        """Start it, on what it has kept."""
        data = self.folder / "data"
        given = {**self._settings, "unix_socket_directories": str(self.folder)}
        options = [word for name, value in given.items() for word in ("-c", f"{name}={value}")]
        # The shell reads until this process is gone, and then ends the server.
        script = 'program=$1; shift; "$program" "$@" & read -r _; kill -INT $!; wait $!'
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", script, "sh", str(self._programs / "postgres"), "-D", str(data), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
            user=self._account,
            group=self._account,
        )
        self._wait()

    def crash(self) -> None:
        """End it at once, as a power cut does: nothing is put in order."""
        os.kill(int((self.folder / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
        self._process.communicate(timeout=STARTED_SECONDS)

    @property
    def address(self) -> str:
        """The address of its database."""
        return f"postgresql://{USER}@/postgres?host={self.folder}"

    def close(self) -> None:
        """End it, and remove what it kept."""
        self._process.communicate(timeout=STARTED_SECONDS)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _wait(self) -> None:
        import psycopg  # noqa: PLC0415  # where there is a server

        for _ in range(STARTED_SECONDS * 20):
            assert self._process.poll() is None, "the server ended at once"
            try:
                psycopg.connect(self.address).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        pytest.fail("The server doesn't answer.")

    def _run(self, program: str, *arguments: str, check: bool = True) -> None:
        subprocess.run(
            [str(self._programs / program), *arguments],
            check=check,
            capture_output=True,
            cwd=self.folder,
            timeout=STARTED_SECONDS,
            user=self._account,
            group=self._account,
        )


def find_programs() -> Path | None:
    """Return where the server's programs are; None where there are none."""
    if shutil.which("initdb") and shutil.which("postgres"):
        return Path(str(shutil.which("postgres"))).parent
    found = [path.parent for path in PROGRAMS.glob("*/bin/postgres") if (path.parent / "initdb").is_file()]
    return max(found, key=lambda path: int(path.parent.name), default=None)


@functools.cache
def get_cluster() -> Cluster:
    """Return this test process's server, started when it is first asked for."""
    programs = find_programs()
    if programs is None:
        pytest.skip("there is no PostgreSQL here: install Debian's package postgresql")
    pytest.importorskip("psycopg", reason="psycopg isn't installed: pip install 'layer-importer[server]'")
    found = Cluster(programs)
    atexit.register(found.close)
    return found
