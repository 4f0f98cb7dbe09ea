"""The plan of what goes otherwise than the API's pages lead one to expect; `importer.sandbox.plan.file` shows one."""
