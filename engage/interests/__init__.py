"""Interests: what officials and suppliers declare, the conflicts that follow, and the steps taken about them."""
