"""The plan of faults; `importer.sandbox.plan.file` shows one."""
