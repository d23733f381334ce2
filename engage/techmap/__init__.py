"""The techmap: a picture of what suppliers can do, where it is thin, and where nobody answers."""
