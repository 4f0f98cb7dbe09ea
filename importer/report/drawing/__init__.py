"""Stacks drawn as SVG."""
