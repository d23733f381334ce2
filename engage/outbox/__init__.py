"""Letters and their transports. Mail leaves engage only from here."""
