"""The directory: names and words found in spite of typing errors, and nothing of who is hidden."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.enums import OrganisationState
from engage.accounts.models import Organisation
from engage.kernel.actor import System
from engage.suppliers import queries, service
from engage.suppliers.models import SearchWord, Supplier
from engage.suppliers.queries.directory import MOST_STATEMENTS
from engage.suppliers.queries.spelling import distance
from tests.factories import suppliers as made

FIRMS = {
    "Quillfen Digital Ltd": "Moving a public register without closing it.",
    "Riverbank Ltd": "Level gauges warn valley towns of floods.",
    "Ostrelle Analytics Ltd": "Evaluating pilots in back offices.",
    "Floodlight Theatre CIC": "Plays in schools.",
}


@pytest.fixture(autouse=True)
def firms(session: Session) -> dict[str, Supplier]:
    found = {name: made.supplier(session, name=name, does=text) for name, text in FIRMS.items()}
    service.refresh_words(session)
    return found


def _found(session: Session, words: str, **kept: object) -> list[str]:
    page = queries.directory(session, words=words, **kept)  # type: ignore[arg-type]  # passed through
    return [each.organisation.name for each in page.items]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("quillfen", "Quillfen Digital Ltd"),
        ("Quilfen", "Quillfen Digital Ltd"),
        ("quillfne digital", "Quillfen Digital Ltd"),
        ("digital quillfen ltd", "Quillfen Digital Ltd"),
        ("rivrbank", "Riverbank Ltd"),
        ("ostrele analytcs", "Ostrelle Analytics Ltd"),
        ("  FLOODLIGHT  ", "Floodlight Theatre CIC"),
    ],
)
def test_names_are_found_in_spite_of_typing_errors(session: Session, typed: str, first: str) -> None:
    assert _found(session, typed)[0] == first


def test_names_come_before_words_and_the_nearest_first(session: Session) -> None:
    assert _found(session, "floods") == ["Floodlight Theatre CIC", "Riverbank Ltd"]


@pytest.mark.parametrize("typed", ["registr", "regsiter", "registerr"])
def test_a_word_nobody_writes_is_read_as_the_nearest(session: Session, typed: str) -> None:
    made.statement(
        session,
        session.scalars(sa.select(Supplier)).first(),  # type: ignore[arg-type]  # there is one
        title="A register of births",
        text="Kept.",
    )
    service.refresh_words(session)
    found = queries.search(session, words=typed)
    assert found.corrected is not None
    assert found.corrected.changed == ((typed, "register"),)
    assert "Quillfen Digital Ltd" in [each.organisation.name for each in found.page.items]


@pytest.mark.parametrize(
    "typed", ["evaluating", "pilots", "the", "ltd", "xylophones", "%", "_", "\\", '"', "a & | ! b"]
)
def test_what_is_known_or_like_nothing_stays_as_it_is(session: Session, typed: str) -> None:
    assert queries.search(session, words=typed).corrected is None


def test_what_fits_nothing_finds_nobody(session: Session) -> None:
    found = queries.search(session, words="xylophones")
    assert (found.page.total, found.page.items, found.more) == (0, [], False)


@pytest.mark.parametrize("state", [OrganisationState.PENDING, OrganisationState.SUSPENDED])
def test_two_worlds_that_differ_in_what_is_hidden_answer_alike(
    session: Session, state: OrganisationState
) -> None:
    def answers() -> list[object]:
        asked = ("secret", "secrte", "zeppelin", "zeppelim", "secret zeppelins ltd", "")
        seen = [queries.search(session, words=words) for words in asked]
        return [(one.page.total, _names(one), one.corrected, one.more) for one in seen]

    def _names(one: queries.Found) -> list[str]:
        return [each.organisation.name for each in one.page.items]

    before = answers()
    hidden = made.supplier(session, name="Secret Zeppelins Ltd", state=state)
    made.statement(session, hidden, title="Zeppelins", text="Secret zeppelins.")
    service.refresh_words(session)
    assert answers() == before


def test_the_name_is_listed_exactly_while_everyone_may_see_it(
    session: Session, firms: dict[str, Supplier]
) -> None:
    riverbank = firms["Riverbank Ltd"].organisation
    for change, expected in (
        ({"name": "Wye Works Ltd"}, "wye works ltd"),
        ({"state": OrganisationState.SUSPENDED}, None),
        ({"name": "Usk Works Ltd"}, None),
        ({"state": OrganisationState.VERIFIED}, "usk works ltd"),
    ):
        session.execute(sa.update(Organisation).where(Organisation.id == riverbank.id).values(**change))
        listed = sa.select(Supplier.listed_name).where(Supplier.id == firms["Riverbank Ltd"].id)
        assert session.scalar(listed) == expected
    assert _found(session, "usk works")[0] == "Usk Works Ltd"


def test_when_very_many_use_a_word_that_is_said(session: Session, firms: dict[str, Supplier]) -> None:
    session.execute(
        sa.text(
            "INSERT INTO statement (supplier_id, title, text, client, cpv, evidence_url, level, expires_on, "
            "content_hash, created_at, updated_at) SELECT :supplier, 'Common', 'Common words.', '', '{}', '', "
            "'declared', CURRENT_DATE + 99, 'h' || n, now(), now() FROM generate_series(1, :many) AS n"
        ),
        {"supplier": firms["Riverbank Ltd"].id, "many": MOST_STATEMENTS},
    )
    found = queries.search(session, words="common")
    assert ([each.organisation.name for each in found.page.items], found.more) == (["Riverbank Ltd"], True)


def test_filters_keep_what_fits_and_pages_are_cut_after_them(
    session: Session, firms: dict[str, Supplier]
) -> None:
    firms["Riverbank Ltd"].sme = True
    firms["Ostrelle Analytics Ltd"].regions = ["TLI"]
    session.flush()
    assert _found(session, "ltd", sme=True) == ["Riverbank Ltd"]
    assert "Ostrelle Analytics Ltd" not in _found(session, "", region="TLL")
    assert queries.directory(session, words="", page=99).page == 1


def test_words_are_those_that_everyone_may_read(session: Session) -> None:
    words = {each.word: each.uses for each in session.scalars(sa.select(SearchWord))}
    assert (words["quillfen"], words["earlier"]) == (1, len(FIRMS))


def test_who_has_just_come_is_found_in_spite_of_typing_errors(session: Session) -> None:
    newcomer = made.supplier(session, name="Brackwater Hydrology Ltd")
    made.statement(session, newcomer, title="Tidal barrages", text="Barrages of concrete.")
    hidden = made.supplier(session, name="Zeppelins Ltd", state=OrganisationState.PENDING)
    made.statement(session, hidden, title="Dirigibles", text="Airships.")
    assert _found(session, "barragse") == []
    assert service.add_words(session) == len({"brackwater", "hydrology", "tidal", "barrages"})
    assert _found(session, "barragse") == ["Brackwater Hydrology Ltd"]
    assert session.get(SearchWord, "dirigibles") is None
    assert service.add_words(session) == 0


def test_new_words_are_added_once_a_change_is_kept(committed: sa.Engine) -> None:
    with Session(committed) as session:
        firm = made.supplier(session, name="Riverbank Ltd")
        for number in range(3):
            content = service.StatementText(title=f"Work {number}", text="What was done.")
            service.add_statement(session, actor=System("tests"), supplier=firm, content=content)
        session.commit()
        waiting = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'suppliers.add_words'"
        assert session.scalar(sa.text(waiting)) == 1


@pytest.mark.parametrize(
    ("one", "other", "steps"),
    [
        ("flood", "flood", 0),
        ("flod", "flood", 1),
        ("folod", "flood", 1),
        ("fload", "flood", 1),
        ("", "ab", 2),
        ("kitten", "sitting", 3),
    ],
)
def test_how_far_words_are_apart(one: str, other: str, steps: int) -> None:
    assert distance(one, other) == distance(other, one) == steps
