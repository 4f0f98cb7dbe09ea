"""A wrapper around the command whose pauses are short: ``python impatient.py SECONDS ARGUMENTS...``.

The first back-off is what a storm of faults waits for most; the command has no option for it, for nobody but a test
may hurry a server in trouble.
"""

from __future__ import annotations

import sys

from importer.cli.app import app
from importer.settings import SendSettings

if __name__ == "__main__":
    defaults = SendSettings.__init__.__kwdefaults__
    assert defaults is not None
    defaults["first_wait"] = float(sys.argv[1])
    app(sys.argv[2:], prog_name="layer-importer")
