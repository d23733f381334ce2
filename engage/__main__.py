"""``python -m engage`` is the same as ``engage``."""

from engage.cli import main

main(prog_name="engage")
