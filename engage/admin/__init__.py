"""The back office: organisations to verify, letters, audit."""
