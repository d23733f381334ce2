"""Match runs on rows: candidates, run, shortlist, release, invitations."""
