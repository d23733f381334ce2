"""How a command says that it cannot do what was asked."""

from __future__ import annotations

from typing import IO, Any

import click


class CannotStart(click.ClickException):
    """Something stands in the way of starting; one sentence on standard error, exit code 2."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the sentence, without click's `Error:`."""
        click.echo(f"engage: {self.message}", file=file, err=True)
