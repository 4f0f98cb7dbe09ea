"""A wrapper around the command whose pauses are short: ``python impatient.py FIRST[,GIVE_UP] ARGUMENTS...``.

The first back-off is what a storm of faults waits for most, and giving up takes minutes; the command has no option for
either, for nobody but a test may hurry a server in trouble.
"""

from __future__ import annotations

import sys

from importer.cli.app import app
from importer.settings import SendSettings

if __name__ == "__main__":
    defaults = SendSettings.__init__.__kwdefaults__
    assert defaults is not None
    for name, seconds in zip(("first_wait", "give_up_after"), sys.argv[1].split(","), strict=False):
        defaults[name] = float(seconds)
    app(sys.argv[2:], prog_name="layer-importer")
