"""The files of the demo: complete, within their limits, and with a vector for every text."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from engage.challenges.enums import ChallengeState
from engage.challenges.enums.questions import missing
from engage.challenges.service.answers import checked
from engage.demo import features, texts
from engage.demo.script import Diary, workday
from engage.demo.stories import everything
from engage.kernel import clock
from engage.kernel.clock import as_of
from engage.kernel.workdays import is_workday
from engage.matching import Embedder, content_hash, encode_missing, load_embedder
from engage.matching.features import Features

TODAY = date(2026, 11, 23)
BEING_WRITTEN = {ChallengeState.DRAFT}


@pytest.fixture(scope="module")
def model() -> Embedder:
    return load_embedder("minilm-int8")


@pytest.mark.parametrize("source", texts.challenges(), ids=lambda source: source.id)
def test_every_answer_can_stand_and_none_is_missing(source: texts.ChallengeSource) -> None:
    answers = source.complete(TODAY)
    kept = checked({"title": source.title, **answers})
    left = [answer.field for _, answer in missing({**kept, "closes_on": answers["closes_on"]})]
    assert bool(left) == (source.state in BEING_WRITTEN)


def test_the_problem_is_the_notice_in_its_own_words() -> None:
    text = (
        "A first line\nbroken in two.\n\nA second (https://www.example.com/a) part:\n• one\n• two\nThen more."
    )
    assert texts.problem(text) == "A first line broken in two.\n\nA second part:\n- one\n- two\nThen more."
    assert texts.problem(text, [1]) == "A first line broken in two."
    assert texts.problem("One two three. Four five six. Seven.", words=5) == "One two three."


def test_there_are_the_real_suppliers_and_no_made_up_one_bears_their_name() -> None:
    real = {record.name.casefold() for record in texts.suppliers()}
    assert len(texts.suppliers()) == 300
    assert {one.name.casefold() for one in texts.invented()} & real == set()


def test_what_happens_speaks_of_challenges_and_suppliers_that_exist() -> None:
    known = {source.id for source in texts.challenges()}
    keys = {one.key for one in texts.invented() if not one.pending}
    assert set(texts.happenings()) <= known
    for each in texts.happenings().values():
        named = [one["who"] for part in ("answers", "offers", "questions") for one in each[part]]
        named += [key for wave in each["matches"] for key in wave["with"]]
        assert {name for name in named if not name.startswith("matched ")} <= keys
        sessions = {one["key"] for one in each["sessions"]}
        assert {one["session"] for one in each["answers"] if "session" in one} <= sessions


def test_every_text_has_its_vector_and_no_vector_is_left_over(model: Embedder) -> None:
    assert set(features.read(model).dump()) == features.names()
    assert features.file_of(model.digest).stat().st_size < 1_000_000


def test_a_sample_computed_anew_is_the_same(model: Embedder) -> None:
    held = features.read(model)
    for kind, found in features.wanted().items():
        sample = found[:: max(1, len(found) // 8)][:8]
        fresh = Features.of(model)
        encode_missing(fresh, sample, model, kind=kind)
        names = [content_hash(text, kind) for text in sample]
        new, old = (each.matrix(names).astype(np.float64) for each in (fresh, held))
        cosines = (new * old).sum(axis=1) / np.linalg.norm(new, axis=1) / np.linalg.norm(old, axis=1)
        assert cosines.min() >= 0.999


def test_a_model_without_a_file_has_no_vectors_yet() -> None:
    assert features.read(load_embedder("none")).dump() == {}


@pytest.mark.parametrize("days", range(0, 372, 9))
def test_on_every_day_of_the_year_the_story_is_in_order_and_past(days: int) -> None:
    now = datetime(2026, 11, 23, 0, 5, tzinfo=UTC) + timedelta(days=days)
    with as_of(now):
        steps = everything(clock.uk_today())
        moments = [step.moment for step in steps]
    assert moments == sorted(moments)
    assert moments[-1] < now


def test_days_off_are_skipped_away_from_today() -> None:
    monday = date(2026, 12, 28)  # a bank holiday after a weekend after two bank holidays
    assert workday(monday, -1) == date(2026, 12, 24)
    assert workday(date(2026, 12, 24), 1) == date(2026, 12, 29)
    assert is_workday(workday(monday, -3))


def test_entries_of_a_diary_follow_one_another() -> None:
    diary = Diary(TODAY)
    for name, day, at in (("third", -1, "09:00"), ("first", -3, "16:00"), ("second", -2, "10:00")):
        diary.note(day, at, name, lambda _session, _world: None)
    steps = diary.steps()  # 23 November 2026 is a Monday: all three fall on the Friday before
    assert [step.title for step in steps] == ["first", "second", "third"]
    assert {step.moment.date() for step in steps} == {date(2026, 11, 20)}
    assert all(later.moment > earlier.moment for earlier, later in pairwise(steps))
