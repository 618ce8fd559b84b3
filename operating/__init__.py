"""Implement the operator's commands, and what `serve` does before it serves."""
