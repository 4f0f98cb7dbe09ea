"""A server that costs the client the least: nginx with its JavaScript module, one worker, on loopback.

It answers every layer with the layer itself and a record id, at once or after 50 ms under ``/late``, and writes the
answer to its log; a listing is that log, so that an import's last look finds what it stored. Measured by wrk it answers
50,000 requests a second on one core, at 10 us of CPU each: a thirtieth of what the leanest Python client needs for one,
so that the client is what is measured. A server in Python would share the cores with the client for as long as the
client works itself.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LATE_MS = 50
"""Milliseconds after which an address under ``/late`` answers."""
LAYER_PATH = "/target-materials/layers/"
READY_SECONDS = 10.0

STORED = "stored.jsonl"
SCRIPT = """
import fs from 'fs';
function makeAnswer(r) {
    const id = r.variables.connection + r.variables.connection_requests.padStart(8, '0');
    const answer = '{"id":' + id + ',' + r.requestText.slice(1);
    r.variables.stored = answer.slice(0, -1) + ',"sample_name":"S","substrate":"Si"}';
    return answer;
}
function list(r) { r.return(200, '[' + fs.readFileSync('STORED').toString().slice(0, -2) + ']'); }
function answerNow(r) { r.return(200, makeAnswer(r)); }
function answerLate(r) { setTimeout(() => r.return(200, makeAnswer(r)), LATE); }
export default { answerNow, answerLate, list };
""".replace("LATE", str(LATE_MS))

CONFIGURATION = """
load_module {modules}/ngx_http_js_module.so;
{user}daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr error;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  server_tokens off;
  default_type application/json;
  keepalive_requests 1000000000;
  keepalive_timeout 600s;
  client_body_buffer_size 1m;
  client_max_body_size 1m;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  js_path {folder};
  js_import answers from answers.js;
  js_var $stored;
  log_format stored escape=none '$stored,';
  server {{
    listen 127.0.0.1:{port};
    location = {layer_path} {{ access_log {stored} stored; js_content answers.answerNow; }}
    location = /late{layer_path} {{ access_log {stored} stored; js_content answers.answerLate; }}
    location /target-materials/ {{ js_content answers.list; }}
    location /late/target-materials/ {{ js_content answers.list; }}
  }}
}}
"""


def find_modules() -> Path | None:
    """Return the folder of nginx's modules, or None where nginx or its JavaScript module isn't installed."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        return None
    told = subprocess.run([program, "-V"], capture_output=True, text=True, check=True).stderr
    found = re.search(r"--modules-path=(\S+)", told)
    folder = Path(found[1] if found else "/usr/lib/nginx/modules")
    return folder if (folder / "ngx_http_js_module.so").is_file() else None


@contextlib.contextmanager
def run_server(folder: Path, modules: Path) -> Iterator[str]:
    """Run the server as a process of its own, and give its address.

    Args:
        folder: scratch folder.
        modules: the folder of nginx's modules; see `find_modules`.

    Raises:
        RuntimeError: it doesn't answer, with what it said.
    """
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = int(taken.getsockname()[1])
    home = folder / "nginx"
    home.mkdir()
    home.chmod(0o755)
    stored = home / STORED
    (home / "answers.js").write_text(SCRIPT.replace("STORED", str(stored)))
    user = "user root;\n" if os.geteuid() == 0 else ""  # else its worker may not read the scratch folder
    names = {"modules": modules, "folder": home, "port": port, "layer_path": LAYER_PATH, "stored": stored}
    text = CONFIGURATION.format(user=user, **names)
    (home / "nginx.conf").write_text(text)
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    with (home / "said.txt").open("wb") as said:
        process = subprocess.Popen([program, "-p", str(home), "-c", str(home / "nginx.conf")], stderr=said)
        try:
            _wait_for_answer(port, process, home / "said.txt")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(READY_SECONDS)


def forget_layers(folder: Path) -> None:
    """Empty what the server in this scratch folder stored, so that the next to send is the first."""
    os.truncate(folder / "nginx" / STORED, 0)


def _wait_for_answer(port: int, process: subprocess.Popen[bytes], said: Path) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=READY_SECONDS)
        with contextlib.suppress(OSError), contextlib.closing(connection):
            connection.request("POST", LAYER_PATH, body=b'{"layer_id":1}')
            answer = connection.getresponse().read()
            if answer.endswith(b'"layer_id":1}'):
                return
        time.sleep(0.05)
    raise RuntimeError(f"nginx (process {os.getpid()}'s) doesn't answer: {said.read_text(errors='replace')[-1_000:]}")
