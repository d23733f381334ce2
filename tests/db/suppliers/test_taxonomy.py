"""The taxonomy: editions, renaming, merging and retiring; claims stay whatever becomes of a name."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.enums import OrganisationState
from engage.audit.queries import history
from engage.kernel import clock
from engage.kernel.actor import Actor, Role
from engage.kernel.errors import Conflict, Invalid, NotFound
from engage.suppliers import queries, service
from engage.suppliers.enums import NamedBy
from engage.suppliers.models import Statement, Supplier, TaxonomyVersion
from engage.suppliers.service.naming import CrossWalk
from tests.factories import accounts, taxonomy
from tests.factories import suppliers as made


@pytest.fixture(autouse=True)
def small(session: Session) -> None:
    taxonomy.taxonomy(session)


@pytest.fixture
def platform(session: Session) -> Actor:
    return accounts.actor(session, Role.PLATFORM_ADMIN)


@pytest.fixture
def supplier(session: Session) -> Supplier:
    return made.supplier(session, name="Riverbank Ltd")


@pytest.fixture
def admin(session: Session, supplier: Supplier) -> Actor:
    return accounts.actor(session, Role.SUPPLIER_ADMIN, organisation=supplier.organisation)


@pytest.fixture
def claim(session: Session, supplier: Supplier, admin: Actor) -> Statement:
    told = made.statement(session, supplier, title="Sirens")
    service.name_capabilities(session, actor=admin, statement=told, slugs=["flood-warning"])
    return told


def _names(statement: Statement) -> list[str]:
    return [each.capability.slug for each in statement.named]


def _counts(session: Session) -> dict[str, int]:
    return {one.capability.slug: one.suppliers for area in queries.areas(session) for one in area.below}


class TestEditions:
    def test_an_edition_is_taken_over_once(self, session: Session) -> None:
        again = taxonomy.taxonomy(session)
        assert (again.added, again.changed, again.unchanged) == (0, 0, 6)
        assert [one.number for one in queries.versions(session)] == [1]
        assert queries.has_edition(session, "test 1")

    def test_the_shipped_edition_is_sound(self, session: Session) -> None:
        edition = service.shipped_edition()
        areas = [one for one in edition.entries if not one.parent]
        assert (len(areas) >= 12, len(edition.entries) - len(areas) >= 100) == (True, True)
        loaded = service.load_taxonomy(
            session, actor=accounts.actor(session, Role.PLATFORM_ADMIN), edition=edition
        )
        assert loaded.added == len(edition.entries)

    def test_a_newer_edition_changes_what_nobody_changed_here(
        self, session: Session, platform: Actor
    ) -> None:
        service.rename_capability(session, actor=platform, slug="roofs", name="Flat roofs", synonyms="")
        newer = taxonomy.EDITION.replace('"Flood warning"', '"Warnings"').replace('"Roofs"', '"Steep roofs"')
        newer = newer.replace('cpv = ["4526"]', 'cpv = ["452619"]')
        loaded = taxonomy.taxonomy(session, newer)
        assert (loaded.added, loaded.changed) == (0, 2)
        names = {each.slug: each.name for each in queries.in_use(session)}
        assert (names["flood-warning"], names["roofs"]) == ("Warnings", "Flat roofs")
        assert queries.capability(session, slug="roofs").cpv == ["452619"]


class TestNaming:
    def test_a_statement_names_up_to_five_from_the_list(
        self, session: Session, admin: Actor, claim: Statement
    ) -> None:
        names = service.name_capabilities(
            session, actor=admin, statement=claim, slugs=["weather-maps", "flood-warning"]
        )
        assert names == ["Flood warning", "Maps of weather and risk"]
        with pytest.raises(Invalid, match="Choose capabilities from the list"):
            service.name_capabilities(session, actor=admin, statement=claim, slugs=["made-up"])
        with pytest.raises(Invalid, match="cannot be chosen"):
            service.name_capabilities(session, actor=admin, statement=claim, slugs=["water"])
        service.name_capabilities(session, actor=admin, statement=claim, slugs=[])
        assert _names(claim) == []
        tags = [line.tag for line in history(session, subject=f"supplier:{claim.supplier.ref}")]
        assert tags.count("suppliers:statement:named") == 3

    def test_codes_mean_the_most_exact_capability_at_every_level(self, session: Session) -> None:
        walk = CrossWalk.of(session)
        slug = {each.id: each.slug for each in queries.in_use(session)}
        found = {
            code: [slug[each] for each in walk.capabilities([code])]
            for code in ("38421110", "38421100", "38400000", "38000000", "30000000", "45261920")
        }
        assert found == {
            "38421110": ["flood-warning"],
            "38421100": ["flood-warning"],
            "38400000": ["weather-maps"],
            "38000000": ["weather-maps"],
            "30000000": [],
            "45261920": ["roofs"],
        }

    def test_imported_statements_name_what_their_codes_mean_until_somebody_says(
        self, session: Session, admin: Actor
    ) -> None:
        record = service.parse_supplier(
            {
                "id": "x-1",
                "name": "Imported Ltd",
                "docs": [
                    {"title": "A", "text": "Gauges.", "cpv": ["38421100"]},
                    {"title": "C", "text": "Something else altogether."},
                ],
            }
        )
        service.import_supplier(session, actor=admin, record=record)
        told = session.scalars(sa.select(Statement).order_by(Statement.title)).all()
        named = [[(each.capability.slug, each.named_by) for each in one.named] for one in told]
        assert named == [
            [("flood-warning", NamedBy.CPV)],
            [],
        ]
        service.name_capabilities(session, actor=admin, statement=told[0], slugs=["weather-maps"])
        service.import_supplier(session, actor=admin, record=record)
        assert [(one.capability.slug, one.named_by) for one in told[0].named] == [
            ("weather-maps", NamedBy.SUPPLIER)
        ]

    def test_where_codes_say_nothing_words_do_if_they_leave_little_doubt(
        self, session: Session, admin: Actor
    ) -> None:
        service.load_taxonomy(session, actor=admin, edition=service.shipped_edition())
        docs = [
            {"title": "Temporary staffing", "text": "Agency workers and recruitment for hospitals."},
            {"title": "Lot 7", "text": "Various things for several purposes."},
        ]
        record = service.parse_supplier({"id": "x-1", "name": "Imported Ltd", "docs": docs})
        service.import_supplier(session, actor=admin, record=record)
        told = session.scalars(sa.select(Statement).order_by(Statement.title.desc())).all()
        named = [[(each.capability.slug, each.named_by) for each in one.named] for one in told]
        assert named == [[("recruitment", NamedBy.WORDS)], []]


class TestChanges:
    def test_renaming_keeps_address_claims_and_the_old_name(
        self, session: Session, platform: Actor, claim: Statement
    ) -> None:
        found = service.rename_capability(
            session,
            actor=platform,
            slug="flood-warning",
            name=" Warnings ",
            synonyms="sirens\nsirens\nwarnings",
        )
        assert (found.name, found.synonyms) == ("Warnings", ["sirens", "Flood warning"])
        assert _names(claim) == ["flood-warning"]
        assert queries.newest_version(session).what == "“Flood warning” is now called “Warnings”"  # type: ignore[union-attr]  # there is one

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("", "Enter a name"),
            ("x" * 101, "The name must be 100 characters or fewer"),
            ("roofs", "There is another capability called “roofs”. Merge the two instead."),
        ],
    )
    def test_a_name_is_refused_with_the_reason(
        self, session: Session, platform: Actor, name: str, said: str
    ) -> None:
        with pytest.raises(Invalid) as wrong:
            service.rename_capability(session, actor=platform, slug="lifts", name=name, synonyms="")
        assert wrong.value.fields == {"name": said}

    def test_merging_takes_claims_along_each_once(
        self, session: Session, platform: Actor, admin: Actor, claim: Statement, supplier: Supplier
    ) -> None:
        both = made.statement(session, supplier, title="Both")
        slugs = ["flood-warning", "weather-maps"]
        service.name_capabilities(session, actor=admin, statement=both, slugs=slugs)
        moved = service.merge_capability(session, actor=platform, slug="flood-warning", into="weather-maps")
        assert (moved, _names(claim), _names(both)) == (1, ["weather-maps"], ["weather-maps"])
        gone, kept = (queries.capability(session, slug=slug) for slug in slugs)
        assert (gone.merged_into, gone.retired_at is None) == (kept, False)
        assert kept.synonyms == ["Flood warning", "river gauges", "sirens"]
        assert kept.cpv == ["38", "384211"]
        assert _counts(session) == {"weather-maps": 1, "lifts": 0, "roofs": 0}

    def test_what_was_merged_stands_for_what_it_was_merged_into(
        self, session: Session, platform: Actor, admin: Actor, claim: Statement
    ) -> None:
        service.merge_capability(session, actor=platform, slug="flood-warning", into="weather-maps")
        service.merge_capability(session, actor=platform, slug="weather-maps", into="lifts")
        assert queries.capability(session, slug="flood-warning").merged_into.slug == "lifts"  # type: ignore[union-attr]  # merged
        names = service.name_capabilities(session, actor=admin, statement=claim, slugs=["flood-warning"])
        assert names == ["Lifts"]
        assert taxonomy.taxonomy(session).changed == 0

    @pytest.mark.parametrize("into", ["flood-warning", "water", "made-up"])
    def test_what_cannot_be_merged_into(self, session: Session, platform: Actor, into: str) -> None:
        with pytest.raises(Invalid) as wrong:
            service.merge_capability(session, actor=platform, slug="flood-warning", into=into)
        assert wrong.value.fields == {"into": "Choose another capability that is in use"}

    def test_retiring_keeps_claims_and_offers_nothing_new(
        self, session: Session, platform: Actor, admin: Actor, claim: Statement, supplier: Supplier
    ) -> None:
        service.retire_capability(session, actor=platform, slug="flood-warning")
        assert _names(claim) == ["flood-warning"]
        assert "flood-warning" not in _counts(session)
        service.name_capabilities(
            session, actor=admin, statement=claim, slugs=["flood-warning", "weather-maps"]
        )
        new = made.statement(session, supplier, title="New")
        with pytest.raises(Invalid, match="cannot be chosen any more"):
            service.name_capabilities(session, actor=admin, statement=new, slugs=["flood-warning"])
        with pytest.raises(Conflict, match="retired"):
            service.retire_capability(session, actor=platform, slug="flood-warning")
        service.restore_capability(session, actor=platform, slug="flood-warning")
        assert _counts(session)["flood-warning"] == 1

    def test_an_area_in_use_stays(self, session: Session, platform: Actor) -> None:
        with pytest.raises(Conflict, match="has capabilities in use"):
            service.retire_capability(session, actor=platform, slug="water")
        with pytest.raises(Conflict, match="This is an area"):
            service.merge_capability(session, actor=platform, slug="water", into="lifts")
        with pytest.raises(NotFound):
            service.retire_capability(session, actor=platform, slug="made-up")

    def test_every_change_is_a_version_and_an_audit_line(self, session: Session, platform: Actor) -> None:
        service.rename_capability(session, actor=platform, slug="lifts", name="Lifts and stairs", synonyms="")
        service.merge_capability(session, actor=platform, slug="lifts", into="roofs")
        numbers = session.scalars(sa.select(TaxonomyVersion.number).order_by(TaxonomyVersion.number)).all()
        lines = history(session, subject="taxonomy")
        assert list(numbers) == [line.details["version"] for line in lines] == [1, 2, 3]


class TestCounts:
    def test_suppliers_are_counted_once_and_only_while_their_claims_count(
        self, session: Session, admin: Actor, claim: Statement, supplier: Supplier
    ) -> None:
        again = made.statement(session, supplier, title="Again", evidence_url="https://x.example/1")
        service.name_capabilities(session, actor=admin, statement=again, slugs=["flood-warning"])
        hidden = made.supplier(session, state=OrganisationState.SUSPENDED)
        told = made.statement(session, hidden, title="Hidden")
        service.name_capabilities(session, actor=admin, statement=told, slugs=["flood-warning", "lifts"])
        (warning,) = [
            one
            for area in queries.areas(session)
            for one in area.below
            if one.capability.slug == "flood-warning"
        ]
        assert (warning.suppliers, warning.checkable, warning.few) == (1, 1, True)
        assert _counts(session)["lifts"] == 0
        for each in (claim, again):
            each.expires_on = clock.uk_today()
        session.flush()
        assert _counts(session)["flood-warning"] == 0
        assert queries.areas(session, day=clock.uk_today() - timedelta(days=1))[1].below[0].suppliers == 1


class TestSuggestions:
    def test_what_fits_the_words_is_offered_and_what_is_named_is_not(
        self, session: Session, admin: Actor, supplier: Supplier
    ) -> None:
        told = made.statement(
            session,
            supplier,
            title="Sirens",
            text="River gauges and sirens give flood warning to valley towns.",
        )
        assert next(one.name for one in service.suggest(session, statement=told)) == "Flood warning"
        service.name_capabilities(session, actor=admin, statement=told, slugs=["flood-warning"])
        assert "Flood warning" not in [one.name for one in service.suggest(session, statement=told)]

    def test_a_renamed_capability_is_offered_by_its_new_name(
        self, session: Session, platform: Actor, supplier: Supplier
    ) -> None:
        told = made.statement(session, supplier, text="Escalators in stations, and their upkeep.")
        assert service.suggest(session, statement=told) == []
        service.rename_capability(
            session,
            actor=platform,
            slug="lifts",
            name="Lifts and escalators",
            synonyms="escalators in stations",
        )
        assert [one.name for one in service.suggest(session, statement=told)] == ["Lifts and escalators"]
