"""Instances and plans as JSON, both ways; what is written is canonical: equal data gives equal bytes."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from engage.matching.assignment.plan import (
    Chance,
    Change,
    Evenness,
    Order,
    Parity,
    Place,
    Plan,
    Price,
    Shortage,
    Status,
)
from engage.matching.assignment.types import Entrant, Instance, Pair, Scores, Session, Terms
from engage.matching.errors import InputError

_Made = TypeVar("_Made")
_INSTANCE = {
    "sessions",
    "suppliers",
    "scores",
    "conflicts",
    "exclusions",
    "pins",
    "previous",
    "seed",
    "terms",
}


def instance_from_json(data: bytes | str) -> Instance:
    """Read an instance; docs/selection.md has the format.

    Raises ``InputError``, whose sentence names the place and the mend, for what
    is no such JSON. Numbers and names are checked by ``solve``.
    """
    found = _object(_parse(data), "the instance", _INSTANCE, {"sessions", "suppliers", "scores"})
    return Instance(
        sessions=_each(found, "sessions", _session),
        suppliers=_each(found, "suppliers", _supplier),
        scores=_each(found, "scores", _score),
        conflicts=_each(found, "conflicts", _pair),
        exclusions=_each(found, "exclusions", _pair),
        pins=_each(found, "pins", _pair),
        previous=_each(found, "previous", _pair),
        seed=_text(found.get("seed", ""), "seed"),
        terms=Terms.from_dict(_mapping(found.get("terms", {}), "terms")),
    )


def instance_to_json(instance: Instance) -> bytes:
    """Write an instance with its lists sorted, so that their order in memory leaves no trace."""
    scores = _score_rows(instance)
    return _dump(
        {
            "sessions": sorted(map(_dict, instance.sessions), key=_by_id),
            "suppliers": sorted(map(_supplier_dict, instance.suppliers), key=_by_id),
            "scores": sorted([session, supplier, float(score)] for session, supplier, score in scores),
            "conflicts": sorted(map(list, instance.conflicts)),
            "exclusions": sorted(map(list, instance.exclusions)),
            "pins": sorted(map(list, instance.pins)),
            "previous": sorted(map(list, instance.previous)),
            "seed": instance.seed.lower(),
            "terms": instance.terms.to_dict(),
        }
    )


def plan_to_dict(plan: Plan) -> dict[str, Any]:
    """Return the plan as JSON-ready data; ``assignments`` are rows of session, supplier, score, reason."""
    found = _dict(plan)
    found["status"] = plan.status.value
    places = found.pop("places")
    found["assignments"] = [[p["session"], p["supplier"], p["score"], p["reason"]] for p in places]
    found["alternates"] = {session: list(names) for session, names in sorted(plan.alternates.items())}
    return found


def plan_to_json(plan: Plan) -> bytes:
    """Write a plan."""
    return _dump(plan_to_dict(plan))


def plan_from_json(data: bytes | str) -> Plan:
    """Read a plan that ``plan_to_json`` wrote; ``InputError`` for anything else."""
    known = {field.name for field in dataclasses.fields(Plan)} - {"places"} | {"assignments"}
    found = _object(_parse(data), "the plan", known | {"left_out"}, {"status", "assignments"})
    try:
        return _plan({name: value for name, value in found.items() if name != "left_out"})
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise InputError(f"This is not a plan as engage writes it ({error}).") from error


def _plan(found: dict[str, Any]) -> Plan:
    lists: dict[str, Callable[[dict[str, Any]], Any]] = {
        "shortages": lambda row: Shortage(**row),
        "prices": lambda row: Price(**row),
        "chances": lambda row: Chance(**row),
        "conflicting": lambda row: Order(**row),
        "relaxation": lambda row: Change(**{**row, "order": Order(**row["order"])}),
    }
    made: dict[str, Any] = {name: tuple(map(make, found.pop(name, ()))) for name, make in lists.items()}
    drawn = {(one.session, one.supplier): one.probability for one in made["chances"] if one.drawn}
    places = tuple(
        Place(
            session=session,
            supplier=supplier,
            score=score,
            reason=reason,
            probability=drawn.get((session, supplier)),
        )
        for session, supplier, score, reason in found.pop("assignments")
    )
    evenness, parity = found.pop("evenness", None), found.pop("parity", None)
    return Plan(
        status=Status(found.pop("status")),
        places=places,
        alternates={session: tuple(names) for session, names in found.pop("alternates", {}).items()},
        evenness=Evenness(**evenness) if evenness else None,
        parity=Parity(**parity) if parity else None,
        **made,
        **found,
    )


def _score_rows(instance: Instance) -> Sequence[tuple[str, str, float]]:
    scores = instance.scores
    if not isinstance(scores, Scores):
        return scores
    return [
        (instance.sessions[session].id, instance.suppliers[supplier].id, score)
        for session, supplier, score in zip(
            scores.session.tolist(), scores.supplier.tolist(), scores.score.tolist(), strict=True
        )
    ]


def _session(row: Any, where: str) -> Session:
    known = {field.name for field in dataclasses.fields(Session)}
    found = _object(row, where, known, {"id", "places"})
    for name in ("floors", "caps"):
        found[name] = _mapping(found.get(name, {}), f"{where}.{name}")
    return Session(**found)


def _supplier(row: Any, where: str) -> Entrant:
    found = _object(row, where, {"id", "capacity", "tags", "group", "recent"}, {"id", "capacity"})
    tags = found.pop("tags", [])
    if not isinstance(tags, list):
        raise InputError(f"{where}.tags must be a list.")
    group = found.pop("group", None)
    return Entrant(**found, tags=tuple(tags), group="" if group is None else group)


def _score(row: Any, where: str) -> tuple[str, str, float]:
    if not isinstance(row, list) or len(row) != 3:
        raise InputError(f"{where} must be [session, supplier, score].")
    return _text(row[0], where), _text(row[1], where), row[2]


def _pair(row: Any, where: str) -> Pair:
    if not isinstance(row, list) or len(row) != 2:
        raise InputError(f"{where} must be [session, supplier].")
    return _text(row[0], where), _text(row[1], where)


def _each(found: Mapping[str, Any], name: str, make: Callable[[Any, str], _Made]) -> list[_Made]:
    rows = found.get(name, [])
    if not isinstance(rows, list):
        raise InputError(f"{name} must be a list.")
    return [make(row, f"{name}[{place}]") for place, row in enumerate(rows)]


def _object(row: Any, where: str, known: set[str], needed: set[str]) -> dict[str, Any]:
    found = _mapping(row, where)
    for wrong, what in ((set(found) - known, "does not know"), (needed - set(found), "lacks")):
        if wrong:
            raise InputError(f"{where} {what} {', '.join(map(repr, sorted(wrong)))}.")
    return found


def _mapping(row: Any, where: str) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise InputError(f"{where} must be an object.")
    return dict(row)


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise InputError(f"{where}: {value!r} must be a text.")
    return value


def _parse(data: bytes | str) -> Any:
    try:
        return json.loads(data, object_pairs_hook=_once)
    except UnicodeDecodeError as error:
        raise InputError("The text is not UTF-8: save it as UTF-8.") from error
    except json.JSONDecodeError as error:
        raise InputError(f"Line {error.lineno} is not JSON ({error.msg}): mend it there.") from error
    except ValueError as error:
        raise InputError("A number in it has too many digits to be read: shorten it.") from error
    except RecursionError as error:
        raise InputError("The JSON is nested too deeply to be one of these.") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"The name {twice!r} stands twice in one object: keep one.")
    return found


def _dict(value: Any) -> dict[str, Any]:
    return dataclasses.asdict(value)


def _supplier_dict(supplier: Entrant) -> dict[str, Any]:
    return {**_dict(supplier), "tags": sorted(set(supplier.tags))}


def _by_id(row: Mapping[str, Any]) -> str:
    return str(row["id"])


def _dump(data: Any) -> bytes:
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"
