"""Who hears about what and when. Writes letters, never sends them."""
