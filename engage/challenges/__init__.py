"""The problem a department posts: draft, review, approval of an exact text, route, publication."""
