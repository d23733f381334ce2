"""Benchmarks: how good and how fast, each printing one JSON object as its last line."""
