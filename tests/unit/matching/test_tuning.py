"""Re-fitting weights: what is found, what is refused, and that nothing is applied."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from engage.cli.match_tune import match_tune
from engage.matching import ChallengeText, InputError, Parameters, SupplierProfile
from engage.matching.tuning import Judgement, Setting, Tuning, _Measured, tune
from tests.unit.matching.corpus import crowd, features_for, supplier, words_alone

THINGS = ["gauges", "kerbs", "payroll", "leaflets", "lifts", "letters", "nurses", "archives"]
PLACES = ["rivers", "streets", "councils", "museums", "towers", "courts"]


def world() -> tuple[list[SupplierProfile], list[ChallengeText], list[Judgement]]:
    """Each challenge is answered by the supplier of its thing and place, which another resembles in one word."""
    suppliers = [
        supplier(f"s-{thing}-{place}", f"We look after {thing} in {place}.", f"Care of {thing} for {place}.")
        for thing in THINGS
        for place in PLACES
    ]
    asked = [(thing, place) for thing in THINGS for place in PLACES][::2]
    challenges = [
        ChallengeText(id=f"c-{thing}-{place}", title=f"New {thing}", text=f"For {place} of the county.")
        for thing, place in asked
    ]
    judgements = [
        Judgement(challenge_id=f"c-{thing}-{place}", supplier_id=f"s-{thing}-{place}", relevance=1.0)
        for thing, place in asked
    ]
    return [*suppliers, *crowd(20)], challenges, judgements


def tuned(parameters: Parameters | None = None, *, blend: bool = True) -> Tuning:
    suppliers, challenges, judgements = world()
    features = features_for(suppliers, challenges) if blend else words_alone()
    return tune(
        suppliers=suppliers,
        challenges=challenges,
        judgements=judgements,
        features=features,
        parameters=parameters,
    )


def test_it_says_what_it_found_and_repeats_it() -> None:
    found = tuned()
    assert (found.challenges, found.pairs, len(found.by_fold)) == (24, 24, 5)
    assert found.before == Setting(0.65, 0.7)
    assert found.chosen_ndcg10 >= found.before_ndcg10
    assert found.gain == pytest.approx(found.unseen_ndcg10 - found.before_ndcg10)
    assert found == tuned()


def test_where_everything_is_as_good_nothing_changes() -> None:
    found = tuned()
    assert found.before_ndcg10 == found.chosen_ndcg10 == 1.0
    assert found.chosen == found.before
    assert found.within_noise
    assert found.parameters == Parameters()


def test_a_bad_setting_is_found_to_be_bad() -> None:
    """Words say in this world who fits; noise in the vectors makes meaning worthless."""
    suppliers, challenges, judgements = world()
    features = features_for(suppliers, challenges)
    features.load(
        {name: row[::-1] if i % 2 else row for i, (name, row) in enumerate(features.dump().items())}
    )
    bad = dataclasses.replace(Parameters(), semantic=0.95, lexical=0.05)
    found = tune(
        suppliers=suppliers, challenges=challenges, judgements=judgements, features=features, parameters=bad
    )
    assert found.chosen.semantic < 0.95
    assert found.gain > 0
    assert not found.within_noise
    assert found.parameters == found.chosen.applied_to(bad)
    assert found.parameters.cpv == bad.cpv


def test_without_a_model_only_the_discount_is_tried() -> None:
    found = tuned(blend=False)
    assert {one.semantic for one in (found.before, found.chosen, *found.by_fold)} == {0.65}


def test_only_judged_suppliers_are_ranked_where_some_were_refused() -> None:
    suppliers, challenges, judgements = world()
    refused = [dataclasses.replace(one, supplier_id="crowd-000", relevance=0.0) for one in judgements]
    found = tune(
        suppliers=suppliers,
        challenges=challenges,
        judgements=[*judgements, *refused],
        features=words_alone(),
    )
    assert (found.pairs, found.before_ndcg10) == (48, 1.0)


def test_a_setting_that_pushes_newcomers_out_is_not_chosen() -> None:
    """The second is better by far, but newcomers hold a fifth of their share."""
    settings = (Setting(0.5, 0.5), Setting(0.5, 1.0))
    measured = _Measured(
        settings=settings,
        ndcg=np.array([[0.5] * 4, [0.9] * 4]),
        newcomers=np.array([[0.5] * 4, [0.1] * 4]),
        among_relevant=0.5,
    )
    everything = np.ones(4, dtype=np.bool_)
    assert measured.choose(everything, before=0) == 0
    assert dataclasses.replace(measured, among_relevant=None).choose(everything, before=0) == 1
    assert measured.choose(everything, before=1) == 1, "one in force may stay as it is"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"supplier_id": "nobody"}, "names a challenge or supplier that is not there"),
        ({"challenge_id": "nothing"}, "names a challenge or supplier that is not there"),
        ({"relevance": float("nan")}, "must be a number from 0 up"),
        ({"relevance": -1.0}, "must be a number from 0 up"),
        ({}, "is judged twice; keep one"),
    ],
)
def test_bad_judgements_are_refused(change: dict[str, object], said: str) -> None:
    suppliers, challenges, judgements = world()
    wrong = dataclasses.replace(judgements[0], **change)  # type: ignore[arg-type] # each case changes one field
    with pytest.raises(InputError, match=said):
        tune(
            suppliers=suppliers,
            challenges=challenges,
            judgements=[*judgements, wrong],
            features=words_alone(),
        )


def test_a_few_challenges_tell_nothing() -> None:
    suppliers, challenges, judgements = world()
    with pytest.raises(InputError, match="19 challenges have a supplier judged to fit; 20 are needed"):
        tune(suppliers=suppliers, challenges=challenges, judgements=judgements[:19], features=words_alone())


def _files(folder: Path) -> list[str]:
    suppliers, challenges, judgements = world()
    records: dict[str, list[dict[str, object]]] = {
        "suppliers": [
            {"id": s.id, "name": s.id, "docs": [{"text": d.text} for d in s.documents]} for s in suppliers
        ],
        "challenges": [{"id": c.id, "title": c.title, "text": c.text} for c in challenges],
        "judgements": [dataclasses.asdict(one) for one in judgements],
    }
    arguments = ["--embedder", "none"]
    for name, rows in records.items():
        file = folder / f"{name}.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        arguments += [f"--{name}", str(file)]
    return arguments


def test_the_command_says_it_in_words_and_writes_only_where_it_is_told(tmp_path: Path) -> None:
    arguments = _files(tmp_path)
    done = CliRunner().invoke(match_tune, arguments)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == "24 judged pairs of 24 challenges."
    assert "That is within noise: leave the parameters as they are." in done.stdout
    assert done.stdout.splitlines()[-1] == "Nothing was applied."
    assert len(list(tmp_path.iterdir())) == 3
    out = tmp_path / "PARAMETERS.json"
    done = CliRunner().invoke(match_tune, [*arguments, "--json", "--out", str(out)])
    said = json.loads(done.stdout)
    assert said["within_noise"] is True
    assert Parameters.from_dict(json.loads(out.read_text())) == Parameters()


def test_a_bad_line_of_judgements_is_named(tmp_path: Path) -> None:
    arguments = _files(tmp_path)
    with (tmp_path / "judgements.jsonl").open("a") as file:
        file.write('{"challenge_id": "c", "supplier_id": "s", "relevance": "yes"}\n')
    done = CliRunner().invoke(match_tune, arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        "engage: judgements.jsonl, line 25: relevance must be a number from 0 to 100; correct it.\n"
    )


@pytest.mark.parametrize(
    "arguments", [[], ["--suppliers", "S.jsonl"], ["--database", "--suppliers", "S.jsonl"]]
)
def test_files_or_the_database_but_not_a_part_or_both(arguments: list[str]) -> None:
    done = CliRunner().invoke(match_tune, arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == ("engage: Name --suppliers, --challenges and --judgements, or --database alone.\n")
