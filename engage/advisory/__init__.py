"""Advisory sessions, seats, volunteering, calendar files."""
