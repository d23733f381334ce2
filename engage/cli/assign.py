"""`engage assign`: one assignment problem from a file, solved. Needs no database and no web."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import click

from engage.cli.errors import CannotStart
from engage.cli.writing import check_target, write_whole
from engage.matching import InputError, MatchingError
from engage.matching.assignment import (
    Instance,
    Plan,
    Status,
    instance_from_json,
    left_out,
    plan_to_dict,
    solve,
)

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("instance", type=_PATH)
@click.option("--out", required=True, type=_PATH, help="The plan to write, JSON.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of sentences.")
@click.pass_context
def assign(context: click.Context, instance: Path, out: Path, as_json: bool) -> None:
    """Give the places of INSTANCE.json to suppliers: the best plan within its rules, with its proof.

    Exit code 1: what was asked for contradicts itself; the file says what, and the least to change.
    """
    check_target(out, instance)
    asked, plan = _solve(instance)
    written = plan_to_dict(plan)
    written["left_out"] = [list(dataclasses.astuple(one)) for one in left_out(asked, plan)]
    text = json.dumps(written, sort_keys=True, ensure_ascii=False, allow_nan=False)
    write_whole(out, [text, "\n"])
    click.echo(json.dumps(_short(plan, out)) if as_json else _sentences(plan, out))
    if plan.status is Status.INFEASIBLE:
        context.exit(1)


def _solve(path: Path) -> tuple[Instance, Plan]:
    try:
        asked = instance_from_json(path.read_bytes())
        return asked, solve(asked)
    except OSError as error:
        raise CannotStart(f"{path} cannot be read ({error.strerror}): check the name.") from error
    except InputError as error:
        raise CannotStart(f"{path}: {error}") from error
    except MatchingError as error:
        raise CannotStart(str(error)) from error


def _short(plan: Plan, out: Path) -> dict[str, Any]:
    return {
        "status": plan.status.value,
        "objective": plan.objective,
        "bound": plan.bound,
        "gap": plan.gap,
        "assignments": len(plan.places),
        "shortages": [one.words for one in plan.shortages],
        "conflicting": [one.words for one in plan.conflicting],
        "relaxation": [one.words for one in plan.relaxation],
        "out": str(out),
    }


def _sentences(plan: Plan, out: Path) -> str:
    if plan.status is Status.INFEASIBLE:
        lines = ["There is no plan: these cannot all be met.", *_list(plan.conflicting)]
        return "\n".join([*lines, "The least that would have to change:", *_list(plan.relaxation)])
    known = "no plan within the rules is better"
    if plan.status is Status.FEASIBLE:
        known = f"not proven the best: none is worth more than {plan.bound:.5f}"
    places = "1 place" if len(plan.places) == 1 else f"{len(plan.places):,} places"
    head = f"Gave {places} worth {plan.objective:.5f} ({known}); see {out}."
    return "\n".join([head, *_list(plan.shortages)])


def _list(found: Any) -> list[str]:
    return [f"  {one.words}" for one in found]
