"""`engage match tune`: what other weights would do, by pairs that people judged. Applies nothing."""

from __future__ import annotations

import json
from pathlib import Path

import click

from engage.cli.errors import CannotStart
from engage.cli.writing import check_target, write_whole
from engage.matching import (
    DEFAULT_EMBEDDER,
    Features,
    MatchingError,
    encode_missing,
    load_embedder,
    texts_to_encode,
)
from engage.matching.files import read_challenges, read_judgements, read_suppliers
from engage.matching.tuning import Setting, Tuning, tune

_FILE = click.Path(path_type=Path)


@click.command("tune")
@click.option("--database", is_flag=True, help="Judge by the answers to invitations, instead of by files.")
@click.option("--suppliers", type=_FILE, help="Suppliers and their statements, JSONL.")
@click.option("--challenges", type=_FILE, help="Challenges, JSONL.")
@click.option("--judgements", type=_FILE, help="Judged pairs, JSONL.")
@click.option("--out", type=_FILE, help="Where to write the parameters found, JSON. Nothing else is written.")
@click.option(
    "--embedder",
    default=DEFAULT_EMBEDDER,
    show_default=True,
    envvar="ENGAGE_EMBEDDER",
    help="The language model by name, or none.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def match_tune(
    database: bool,
    suppliers: Path | None,
    challenges: Path | None,
    judgements: Path | None,
    out: Path | None,
    embedder: str,
    as_json: bool,
) -> None:
    """Say which weights would rank judged pairs best, by how much, and whether that is more than noise."""
    files = suppliers, challenges, judgements
    if out is not None:
        check_target(out, *filter(None, files))
    if database == any(files) or (not database and not all(files)):
        raise CannotStart("Name --suppliers, --challenges and --judgements, or --database alone.")
    try:
        if suppliers and challenges and judgements:
            found = _by_files(suppliers, challenges, judgements, embedder=embedder)
        else:
            found = _by_answers()
    except MatchingError as error:
        raise CannotStart(str(error)) from error
    if out is not None:
        write_whole(out, [json.dumps(found.parameters.to_dict(), indent=1), "\n"])
    click.echo(json.dumps(found.to_dict()) if as_json else _sentences(found))


def _by_files(suppliers: Path, challenges: Path, judgements: Path, *, embedder: str) -> Tuning:
    profiles, asked = read_suppliers(suppliers), read_challenges(challenges)
    judged = read_judgements(judgements)
    model = load_embedder(embedder)
    features = Features.of(model)
    for kind, texts in texts_to_encode(suppliers=profiles, challenges=asked).items():
        encode_missing(features, texts, model, kind=kind)
    return tune(suppliers=profiles, challenges=asked, judgements=judged, features=features)


def _by_answers() -> Tuning:
    # here and not above: tuning by files needs no database
    from engage.cli.work import bound
    from engage.kernel.db import reading
    from engage.matchmaking import service

    with bound(), reading() as session:
        found = service.judged(session)
    return tune(
        suppliers=found.suppliers,
        challenges=found.challenges,
        judgements=found.judgements,
        features=found.features,
    )


def _sentences(found: Tuning) -> str:
    low, high = found.gain_interval
    advice = (
        "That is within noise: leave the parameters as they are."
        if found.within_noise
        else "That is more than noise."
    )
    change = f"a change of {found.gain:+.4f} (95 %: {low:+.4f} to {high:+.4f})"
    lines = [
        f"{found.pairs:,} judged pairs of {found.challenges:,} challenges.",
        f"In force: {_said(found.before)}; nDCG@10 {found.before_ndcg10:.4f}.",
        f"Best: {_said(found.chosen)}; nDCG@10 {found.chosen_ndcg10:.4f} on the pairs it was chosen by.",
        f"On challenges it was not chosen by: {found.unseen_ndcg10:.4f}, {change}. {advice}",
    ]
    if found.newcomers_before is not None and found.newcomers_chosen is not None:
        lines.append(
            f"Newcomers hold {found.newcomers_chosen:.2f} times their share of those that fit in the first fifty"
            f" places; today {found.newcomers_before:.2f}."
        )
    return "\n".join([*lines, "Nothing was applied."])


def _said(setting: Setting) -> str:
    return f"meaning {setting.semantic:g}, words {1 - setting.semantic:g}, discount {setting.discount:g}"
