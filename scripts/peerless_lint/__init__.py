"""The rules behind scripts/lint, one module by theme. Python's standard library only."""
