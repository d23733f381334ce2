"""Match pages: who may see and do what, what is shown, released once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.challenges.enums import ChallengeState
from engage.kernel.actor import Role
from engage.matchmaking.enums import Outcome
from engage.matchmaking.models import Invitation, MatchCandidate, MatchRun
from engage.outbox.models import Letter
from tests.factories import accounts, challenges
from tests.factories import matchmaking as made
from tests.factories import suppliers as firms
from tests.support.client import DistrustfulClient
from tests.support.html import links, parse, text_of
from tests.support.statements import selects
from tests.web.matchmaking.conftest import BrowserOf, Scene

ATTACK = "<script>alert(1)</script><mark>"


TERMS = {"days": "14", "follow": "follow"}
"""What a release asks beside whom it tells."""


def chosen(session: Session) -> list[int]:
    session.expire_all()
    query = (
        sa.select(MatchCandidate.rank)
        .where(MatchCandidate.outcome == Outcome.CHOSEN)
        .order_by(MatchCandidate.rank)
    )
    return list(session.scalars(query))


def count(session: Session, table: type) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


class TestMatching:
    def test_a_click_matches_and_shows_the_ranking_with_why(self, scene: Scene, session: Session) -> None:
        assert "Match suppliers now" in scene.author.get(scene.address).get_data(as_text=True)
        answer = scene.author.post(f"{scene.address}/run")
        assert (answer.status_code, answer.location) == (303, scene.address)
        page = scene.author.get(scene.address).get_data(as_text=True)
        words = text_of(page)
        run = session.scalars(sa.select(MatchRun)).one()
        for said in (
            "8 suppliers compared with the text.",
            "chosen among 8 suppliers that were compared with the approved text",
            "By words alone, without a language model",
            "Proven: no other plan under these rules has a better total fit",
            run.snapshot_hash,
            "Rank 1 Floodwise Ltd New entrant “Earlier work” shares words with the challenge",
            "Up to 12 suppliers are invited.",
            "Nothing: the plan stands as it was computed.",
        ):
            assert said in words
        assert f"{scene.address}/{scene.market.best.ref}" in links(page)

    def test_what_left_suppliers_out_is_said_in_words(self, scene: Scene, session: Session) -> None:
        scene.market.best.paused = True
        scene.market.suppliers["Taxi Line"].capacity_per_quarter = 0
        session.flush()
        scene.author.post(f"{scene.address}/run")
        words = text_of(scene.author.get(scene.address).get_data(as_text=True))
        assert "1 paused by the supplier; 1 no capacity left this quarter" in words
        assert "Floodwise" not in words

    @pytest.mark.parametrize("suppliers", [0, 3])
    def test_the_list_asks_as_often_for_more_suppliers(
        self, matched: Scene, session: Session, engine: sa.Engine, suppliers: int
    ) -> None:
        for number in range(suppliers):
            firms.supplier(session, name=f"Firm {number}", does=f"River works {number}.")
        made.run(session, matched.market)
        address = matched.address
        session.expire_all()
        with selects(engine) as seen:
            assert matched.author.get(address).status_code == 200
        assert len(seen) == 11

    def test_before_approval_there_are_numbers_and_no_names(
        self, session: Session, browser_of: BrowserOf
    ) -> None:
        market = made.market(session, state=ChallengeState.DRAFT)
        author = browser_of(accounts.member(session, Role.POLICY_AUTHOR, organisation=market.department))
        address = f"/department/challenges/{market.challenge.ref}/match"
        assert f"{address}?preview=1" in links(author.get(address).get_data(as_text=True))
        words = text_of(author.get(f"{address}?preview=1").get_data(as_text=True))
        assert "suppliers compared 8" in words
        assert [name for name in made.TEXTS if name in words] == []
        answer = author.post(f"{address}/run", follow_redirects=True)
        assert "This challenge is draft." in text_of(answer.get_data(as_text=True))
        assert count(session, MatchRun) == 0


class TestCandidate:
    def test_the_sentence_is_marked_and_the_parts_are_shown(self, matched: Scene) -> None:
        page = matched.author.get(f"{matched.address}/{matched.market.best.ref}").get_data(as_text=True)
        quote = parse(page).find(".//blockquote")
        assert quote is not None
        marks = ["".join(node.itertext()) for node in quote.iter("mark")]
        text = made.TEXTS[made.BEST]
        assert marks == [text[: text.index(".") + 1]]
        assert " ".join("".join(quote.itertext()).split()) == text
        words = text_of(page)
        for said in (
            "Rank 1 of 8 suppliers",
            "In the plan Yes",
            "Decide otherwise about this supplier",
            "What the score is made of",
            "by shared words",
            "Shared words, strongest first",
        ):
            assert said in words
        assert [name for name in made.TEXTS if name != made.BEST and name in words] == []

    def test_what_a_supplier_wrote_is_text(self, scene: Scene, session: Session) -> None:
        attack = f"River gauges {ATTACK} and flood warning sirens in valley towns. {ATTACK}"
        firms.statement(session, scene.market.best, title=f"Floods {ATTACK}", text=attack, client=ATTACK)
        scene.market.best.organisation.name = f"Firm {ATTACK}"
        session.flush()
        made.run(session, scene.market)
        for address in (
            scene.address,
            f"{scene.address}/{scene.market.best.ref}",
            f"{scene.address}/release",
        ):
            page = scene.author.get(address).get_data(as_text=True)
            assert "<script>alert" not in page
            assert "&lt;script&gt;alert(1)&lt;/script&gt;&lt;mark&gt;" in page

    def test_the_words_are_those_of_the_day(self, matched: Scene, session: Session) -> None:
        matched.market.best.statements[0].text = "Something quite different."
        session.flush()
        page = matched.author.get(f"{matched.address}/{matched.market.best.ref}").get_data(as_text=True)
        assert made.TEXTS[made.BEST] in text_of(page)

    def test_who_is_no_candidate_is_not_found(self, matched: Scene, session: Session) -> None:
        stranger = firms.supplier(session, name="Stranger")
        assert matched.author.get(f"{matched.address}/{stranger.ref}").status_code == 404


class TestRelease:
    def test_the_page_says_who_is_told_and_one_click_tells_them(
        self, matched: Scene, session: Session
    ) -> None:
        lonely = matched.market.suppliers["Gauge Works"]
        session.execute(
            sa.text("UPDATE membership SET ended_at = now() WHERE organisation_id = :id"),
            {"id": lonely.organisation_id},
        )
        words = text_of(matched.author.get(f"{matched.address}/release").get_data(as_text=True))
        assert "1 supplier will be told by email: Floodwise Ltd" in words
        assert (
            "nobody there has an account. Its invitation waits and goes out when somebody has: Gauge Works"
            in words
        )
        assert "Released by Ann Author (your name is recorded)" in words
        assert count(session, Invitation) == 0
        answer = matched.author.post(f"{matched.address}/release", data=TERMS)
        assert (answer.status_code, answer.location) == (303, matched.address)
        shown = text_of(matched.author.get(matched.address).get_data(as_text=True))
        assert "1 invitation sent. 1 held until somebody from the supplier has an account." in shown
        assert "by Ann Author" in shown
        assert (count(session, Invitation), count(session, Letter)) == (2, 1)

    def test_a_second_click_sends_nothing(self, matched: Scene, session: Session) -> None:
        for _ in range(2):
            assert matched.author.post(f"{matched.address}/release", data=TERMS).status_code == 303
        assert (count(session, Invitation), count(session, Letter)) == (2, 2)

    def test_opening_the_page_sends_nothing(self, matched: Scene, session: Session) -> None:
        matched.author.get(f"{matched.address}/release")
        assert (count(session, Invitation), count(session, Letter)) == (0, 0)

    def test_before_publication_nothing_goes_out(self, session: Session, browser_of: BrowserOf) -> None:
        market = made.market(session, state=ChallengeState.APPROVED)
        made.everybody_has_people(session, market)
        made.run(session, market)
        author = browser_of(accounts.member(session, Role.POLICY_AUTHOR, organisation=market.department))
        address = f"/department/challenges/{market.challenge.ref}/match/release"
        assert "once the challenge is published" in author.get(address).get_data(as_text=True)
        answer = author.post(address, data=TERMS, follow_redirects=True)
        assert "only while the challenge is published and open" in answer.get_data(as_text=True)
        assert (count(session, Invitation), count(session, Letter)) == (0, 0)


ADDRESSES = ("", "/release", "/rules", "/waves", "/alternates")
DEEDS = ("/run", "/release", "/alternate", "/alternates", "/rules")


class TestWhoMay:
    """Nobody outside the department learns anything; inside it, authors act and approvers release."""

    def forbidden(
        self,
        client: DistrustfulClient,
        scene: Scene,
        session: Session,
        status: int,
        *,
        deeds: Sequence[str] = DEEDS,
    ) -> None:
        before = count(session, MatchRun), chosen(session), count(session, Invitation)
        about = f"/{scene.market.best.ref}/override"
        for deed in (*deeds, *((about, f"{about}/end") if "/run" in deeds else ())):
            answer = client.post(f"{scene.address}{deed}", data={"places": "3", "exploration": "0"} | TERMS)
            assert (deed, answer.status_code) == (deed, status)
        assert (count(session, MatchRun), chosen(session), count(session, Invitation)) == before

    def test_another_department_finds_nothing(
        self, matched: Scene, session: Session, browser_as: Callable[..., DistrustfulClient]
    ) -> None:
        stranger = browser_as(Role.POLICY_AUTHOR)
        for address in (*ADDRESSES, f"/{matched.market.best.ref}"):
            answer = stranger.get(f"{matched.address}{address}")
            assert answer.status_code == 404
            assert "Floodwise" not in answer.get_data(as_text=True)
        self.forbidden(stranger, matched, session, 404)

    def test_a_supplier_is_refused_even_if_it_is_a_candidate(
        self, matched: Scene, session: Session, browser_of: BrowserOf
    ) -> None:
        own = browser_of(firms.member(session, matched.market.best))
        for address in (*ADDRESSES, f"/{matched.market.best.ref}"):
            answer = own.get(f"{matched.address}{address}")
            assert answer.status_code == 403
            assert "Gauge Works" not in answer.get_data(as_text=True)
        self.forbidden(own, matched, session, 403)

    @pytest.mark.parametrize("role", [Role.FACILITATOR, Role.AUDITOR])
    def test_a_facilitator_and_an_auditor_look_and_do_not_act(
        self, matched: Scene, session: Session, browser_as: Callable[..., DistrustfulClient], role: Role
    ) -> None:
        at_home = {"organisation": matched.market.department} if role is Role.FACILITATOR else {}
        reader = browser_as(role, **at_home)
        page = reader.get(matched.address)
        assert page.status_code == 200
        assert "Floodwise" in page.get_data(as_text=True)
        assert [deed for deed in DEEDS if f"{matched.address}{deed}" in page.get_data(as_text=True)] == []
        assert reader.get(f"{matched.address}/{matched.market.best.ref}").status_code == 200
        about = reader.get(f"{matched.address}/{matched.market.best.ref}").get_data(as_text=True)
        assert "/override" not in about
        assert reader.get(f"{matched.address}/release").status_code == 403
        self.forbidden(reader, matched, session, 403)

    def test_an_approver_releases_the_plan(
        self, matched: Scene, session: Session, browser_of: BrowserOf
    ) -> None:
        member = accounts.member(session, Role.APPROVER, organisation=matched.market.department)
        approver = browser_of(member)
        page = approver.get(matched.address).get_data(as_text=True)
        assert [deed for deed in DEEDS if f"{matched.address}{deed}" in page] == ["/release"]
        self.forbidden(approver, matched, session, 403, deeds=("/run", "/rules"))
        assert approver.get(f"{matched.address}/release").status_code == 200
        assert approver.post(f"{matched.address}/release").status_code == 303
        assert count(session, Invitation) == 2
        assert session.scalars(sa.select(MatchRun.released_by_id)).one() == member.person_id
        assert f"{matched.address}/release" not in approver.get(matched.address).get_data(as_text=True)


class TestOpportunities:
    def test_a_supplier_sees_what_fits_and_why_and_nothing_of_others(
        self, matched: Scene, session: Session, browser_of: BrowserOf
    ) -> None:
        matched.author.post(f"{matched.address}/release", data=TERMS)
        own = browser_of(firms.member(session, matched.market.best, role=Role.SUPPLIER_EXPERT))
        page = own.get("/supplier/opportunities").get_data(as_text=True)
        words = text_of(page)
        assert "Close to your work Answer needed Earlier flood warnings" in words
        assert "match “Earlier work” shares words with the challenge" in words
        assert f"/challenges/{matched.market.challenge.ref}" in links(page)
        assert [name for name in made.TEXTS if name != made.BEST and name in page] == []

    @pytest.mark.parametrize("more", [0, 2])
    def test_it_asks_as_often_for_more_challenges(
        self, scene: Scene, session: Session, browser_of: BrowserOf, engine: sa.Engine, more: int
    ) -> None:
        own = browser_of(firms.member(session, scene.market.best))
        for _ in range(more):
            challenges.challenge(session, state=ChallengeState.PUBLISHED)
        session.expire_all()
        with selects(engine) as seen:
            assert own.get("/supplier/opportunities").status_code == 200
        assert len(seen) == 10

    def test_without_statements_it_says_what_to_do(
        self, scene: Scene, session: Session, browser_of: BrowserOf
    ) -> None:
        own = browser_of(firms.member(session, firms.supplier(session, name="New Ltd")))
        page = own.get("/supplier/opportunities").get_data(as_text=True)
        assert "add a statement of what you have done" in page
        assert scene.market.challenge.title in page
