"""Makers of rows for tests: sensible defaults, every value can be given. They flush, never commit."""
