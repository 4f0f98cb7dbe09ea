"""Sending what the plan left ready: stacks side by side, layers in order, doubts settled."""
