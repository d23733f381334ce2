"""The equal-information ledger: what was told to whom, by which channel, when. Chained and append-only."""
