"""The codes of what only a report of several runs can tell: the tasks raise them, and reports count them."""

from __future__ import annotations

from importer.issues.code import Code
from importer.model import Severity

UNREADABLE_RUN = Code(
    "unreadable-run",
    Severity.ERROR,
    "A run file can't be read, so the report doesn't have the answers of its rows.",
    "Do what the message says, or leave the run file out.",
    "a run file whose copying was cut short",
)

SAMPLE_IN_TWO_RUNS = Code(
    "sample-in-two-runs",
    Severity.ERROR,
    "Two runs have the same sample. If they ran at the same time, neither saw what the other stored, and its layers "
    "may be stored twice. Layers that are in both are counted twice.",
    "If one run repeats the other, leave the older run file out. If they ran at the same time, look at what is stored "
    "of the sample. Give each sample to one run, and report runs of different organisations separately.",
    "A17 in shard-1.run.sqlite and in shard-2.run.sqlite",
)
