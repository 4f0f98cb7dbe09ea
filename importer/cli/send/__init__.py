"""Commands that plan and send."""
