"""A scheduler and a worker of Dask that are reached by TLS alone, with certificates made for the test."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.helpers.crews import ServerRun, check_stored, write_layers
from tests.helpers.dask_processes import Dask
from tests.helpers.environment import KEY, make_environment
from tests.helpers.faults import write_plan
from tests.helpers.forking import get_preloaded
from tests.helpers.processes import run_sandbox

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("distributed", reason="Dask isn't installed: pip install 'layer-importer[cluster]'")
pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl, which makes certificates, isn't here"),
]
SLOW: dict[str, object] = {"kind": "delay", "seconds": 0.1, "probability": 1, "method": "POST"}


def make_certificate(folder: Path, name: str) -> tuple[str, str]:
    """Make a certificate that vouches for itself, and its key; return their paths."""
    cert, key = folder / f"{name}.pem", folder / f"{name}.key"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=lab -addext"
    command = ["openssl", *words.split(), "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(cert)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return str(cert), str(key)


def write_settings(folder: Path, name: str, *, trusts: str) -> str:
    """Write Dask's settings for somebody with a certificate of their own, as in the guide; return their folder."""
    cert, key = make_certificate(folder, name)
    mine = {"cert": cert, "key": key}
    tls = {"ca-file": trusts or cert, "client": mine, "scheduler": mine, "worker": mine}
    settings = folder / name
    settings.mkdir()
    (settings / "distributed.yaml").write_text(
        yaml.safe_dump({"distributed": {"comm": {"require-encryption": True, "tls": tls}}})
    )
    return str(settings)


def test_a_run_is_read_and_sent_by_workers_over_tls(tmp_path: Path) -> None:
    """With the certificates two files are read and sent by a worker too; without, or with others, nothing is."""
    inputs = tmp_path / "inputs"
    inputs.mkdir()
    write_layers(inputs / "a.csv", 32, 5)
    (inputs / "b.csv").write_text("sample_id,layer_id,formula\n7,1,SrTiO3\n")
    settings = write_settings(tmp_path, "lab", trusts="")
    stranger = write_settings(tmp_path, "stranger", trusts=str(tmp_path / "lab.pem"))
    run = ServerRun("tls")
    with run_sandbox("--faults", write_plan(tmp_path, SLOW)) as sandbox:
        environment = {**make_environment(sandbox.url), "DASK_CONFIG": settings}
        dask = Dask(tmp_path / "dask", count=1, slots=1, environment=environment, scheduling=("--protocol", "tls"))
        try:
            dask.wait_until_ready()
            assert dask.address.startswith("tls://127.0.0.1:")
            plain = dask.address.replace("tls://", "tcp://")
            words = ["import", str(inputs), "--run", run.address, "--settle", "1", "--workers", "1", "--cluster"]
            for address, config in ((dask.address, stranger), (plain, ""), ("tcp://10.0.0.7:8786", settings)):
                refused = get_preloaded().start(
                    [*words, address], folder=tmp_path, environment={**environment, "DASK_CONFIG": config}
                )
                out, err = refused.communicate(timeout=120)
                assert (refused.wait(), "can't be" in err) == (2, True), out + err
            assert sandbox.list_writes() == []
            sending = get_preloaded().start([*words, dask.address], folder=tmp_path, environment=environment)
            out, err = sending.communicate(timeout=120)
            assert sending.wait() == 0, out + err
            check_stored(sandbox, 161)
        finally:
            dask.close()
        joined = {pid for (pid,) in run.ask("SELECT pid FROM worker")}
        assert joined == {sending.pid, dask.workers[0].pid}
    assert KEY not in dask.read_logs() + out + err
