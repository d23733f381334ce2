"""What exists is documented: every configuration key, command, route and decision."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

import config
from engage.app import create_app
from engage.cli import COMMANDS, main

DOCS = Path(__file__).resolve().parents[2] / "docs"


def commands(group: click.Group, prefix: str = "engage") -> list[str]:
    """Every command of a group by its full name."""
    context = click.Context(group)
    found: list[str] = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        found += (
            commands(command, f"{prefix} {name}")
            if isinstance(command, click.Group)
            else [f"{prefix} {name}"]
        )
    return found


def test_every_configuration_key_is_documented() -> None:
    text = (DOCS / "configuration.md").read_text()
    keys = [field.metadata["key"] for field in dataclasses.fields(config.Config)]
    assert [key for key in keys if f"`{key}`" not in text] == []


def test_every_command_is_documented() -> None:
    assert COMMANDS
    text = (DOCS / "commands.md").read_text()
    assert [name for name in commands(main) if f"`{name}" not in text] == []


def test_every_decision_stands_in_the_list_under_its_title() -> None:
    listed = [
        line for line in (DOCS / "decisions/README.md").read_text().splitlines() if line.startswith("| [")
    ]
    titles = [
        path.read_text().splitlines()[0].removeprefix("# ") for path in sorted(DOCS.glob("decisions/0*.md"))
    ]
    names = [path.name for path in sorted(DOCS.glob("decisions/0*.md"))]
    parts = [(title.partition(". "), name) for title, name in zip(titles, names, strict=True)]
    assert listed == [f"| [{number}]({name}) | {words} |" for (number, _, words), name in parts]


def test_every_route_is_documented(settings: config.Config) -> None:
    text = (DOCS / "routes.md").read_text()
    rules = sorted({rule.rule for rule in create_app(settings).url_map.iter_rules()})
    assert [rule for rule in rules if f"`{rule}`" not in text] == []
