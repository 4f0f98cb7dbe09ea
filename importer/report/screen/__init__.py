"""What a person at a terminal reads: progress, summary, plan and the next command."""
