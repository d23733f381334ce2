"""`engage match`: matching from the command line. `files` needs no database and no web."""

from __future__ import annotations

import json
import sys
from collections.abc import Sized
from pathlib import Path

import click

from engage.cli.errors import CannotStart
from engage.cli.lazy import PartlyLazyGroup
from engage.cli.writing import check_target, write_whole
from engage.matching import (
    DEFAULT_EMBEDDER,
    ChallengeText,
    Features,
    Index,
    MatchingError,
    Ranked,
    SupplierProfile,
    build_index,
    encode_missing,
    load_embedder,
    rank_challenge,
    texts_to_encode,
)
from engage.matching.files import explanation_lines, read_challenges, read_suppliers, run_lines

_PATH = click.Path(path_type=Path)


ON_ROWS = {
    "preview": "engage.cli.match_rows:preview",
    "run": "engage.cli.match_rows:run",
    "replay": "engage.cli.match_kept:replay",
    "features": "engage.cli.match_kept:features",
    "tune": "engage.cli.match_tune:match_tune",
}


@click.group(cls=PartlyLazyGroup, lazy=ON_ROWS)
def match() -> None:
    """Rank suppliers for challenges."""


@match.command("files")
@click.option("--suppliers", required=True, type=_PATH, help="Suppliers and their statements, JSONL.")
@click.option("--challenges", required=True, type=_PATH, help="Challenges, JSONL.")
@click.option("--out", required=True, type=_PATH, help="The ranking to write, in the TREC run format.")
@click.option("--top", default=100, show_default=True, type=click.IntRange(1), help="Places a challenge.")
@click.option(
    "--embedder",
    default=DEFAULT_EMBEDDER,
    show_default=True,
    envvar="ENGAGE_EMBEDDER",
    help="The language model by name, or none to match by words alone.",
)
@click.option("--explain", type=_PATH, help="Also write why, one JSON object a place.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a sentence.")
def match_files(
    suppliers: Path,
    challenges: Path,
    out: Path,
    top: int,
    embedder: str,
    explain: Path | None,
    as_json: bool,
) -> None:
    """Rank the suppliers of one file for each challenge of another."""
    try:
        _check_targets(out, explain, suppliers, challenges)
        profiles, asked = read_suppliers(suppliers), read_challenges(challenges)
        index, ranked = _rank(profiles, asked, embedder=embedder, top=top, explain=explain is not None)
        if explain is not None:
            write_whole(explain, explanation_lines(ranked, profiles))
        write_whole(out, run_lines(ranked))
    except MatchingError as error:
        raise CannotStart(str(error)) from error
    if as_json:
        said = {"suppliers": len(profiles), "challenges": len(asked), "out": str(out)}
        click.echo(json.dumps({**said, "identity": index.identity.to_dict()}))
    else:
        click.echo(f"Ranked {_so_many(profiles, 'supplier')} for {_so_many(asked, 'challenge')}; see {out}.")


def _rank(
    profiles: list[SupplierProfile], asked: list[ChallengeText], *, embedder: str, top: int, explain: bool
) -> tuple[Index, dict[str, list[Ranked]]]:
    model = load_embedder(embedder)
    features = Features.of(model)
    for kind, texts in texts_to_encode(suppliers=profiles, challenges=asked).items():
        encode_missing(features, texts, model, kind=kind, progress=_progress)
    index = build_index(suppliers=profiles, features=features)
    return index, {
        challenge.id: rank_challenge(index, challenge, top=top, explain=top if explain else 0)
        for challenge in asked
    }


def _so_many(found: Sized, noun: str) -> str:
    return f"{len(found):,} {noun}{'' if len(found) == 1 else 's'}"


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\rRead {done} of {total} texts", nl=done == total, err=True)


def _check_targets(out: Path, explain: Path | None, *read: Path) -> None:
    """Find out before the work whether its result can be written, and overwrites nothing that is ``read``."""
    for target in filter(None, (out, explain)):
        check_target(target, *read)
    if explain is not None and explain.resolve() == out.resolve():
        raise CannotStart(f"--out and --explain both name {out}: give them different names.")
