"""The command line. Each command stands in a module of its own and is imported when it is called."""

from __future__ import annotations

import importlib

import click

from engage.cli.errors import CannotStart
from engage.kernel.cluster import ClusterError
from engage.kernel.settings import SettingsError

COMMANDS = {
    "assign": "engage.cli.assign:assign",
    "audit": "engage.cli.audit:audit",
    "demo": "engage.cli.demo:demo",
    "digests": "engage.cli.digests:digests",
    "doctor": "engage.cli.doctor:doctor",
    "import": "engage.cli.import_:import_",
    "match": "engage.cli.match:match",
    "migrate": "engage.cli.migrate:migrate",
    "notice": "engage.cli.notice:notice",
    "techmap": "engage.cli.techmap:techmap",
    "up": "engage.cli.up:up",
    "users": "engage.cli.users:users",
    "worker": "engage.cli.worker:worker",
}


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one only when it is needed."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return every name, in order."""
        return sorted(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command called ``cmd_name``."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; what cannot be configured or started is one sentence and exit code 2."""
        try:
            return super().invoke(ctx)
        except (SettingsError, ClusterError) as error:
            raise CannotStart(str(error)) from error


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="engage")
def main() -> None:
    """Early engagement between government and industry."""
