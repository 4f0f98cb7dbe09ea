"""A page in the browser, on this machine only: thin over tasks and drafts."""
