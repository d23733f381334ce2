"""Match runs on rows: candidates, rules, plans, release, invitations, the public record."""
