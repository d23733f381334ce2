"""The audit trail: one line for each change of state, chained by hashes, append-only."""
