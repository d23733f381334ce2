"""The floor of the house: sessions, clock, ids, events, jobs, errors, settings. No Flask here."""
