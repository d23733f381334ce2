"""Demo data: real texts, made-up people, a service that looks lived in."""
