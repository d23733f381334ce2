"""Questions and answers: asked privately, answered to everyone at once."""
