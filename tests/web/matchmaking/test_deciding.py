"""What people decide about a plan: the rules of the places, and single suppliers, always with a reason."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.matchmaking.enums import Outcome
from engage.matchmaking.models import MatchCandidate, SelectionOverride, SelectionRules
from tests.factories import matchmaking as made
from tests.support.html import text_of
from tests.web.matchmaking.conftest import Scene, neighbours

RULES = {"places": "2", "exploration": "0", "reason": "Two seats in the room."}
WHY = "They ran the trial that this follows."


@pytest.fixture
def planned(scene: Scene, session: Session) -> Scene:
    """A plan as it was computed, with three that fit."""
    neighbours(session, scene.market)
    made.run(session, scene.market)
    return scene


def chosen(session: Session) -> list[str]:
    session.expire_all()
    query = sa.select(MatchCandidate).where(MatchCandidate.outcome == Outcome.CHOSEN)
    found = session.scalars(query.order_by(MatchCandidate.rank))
    return [each.supplier.organisation.name for each in found]


def last_rules(session: Session) -> SelectionRules:
    return session.scalars(sa.select(SelectionRules).order_by(SelectionRules.number.desc())).first()  # type: ignore[return-value]  # there is one


class TestRules:
    def test_they_are_set_with_a_reason_and_the_plan_is_made_again(
        self, planned: Scene, session: Session
    ) -> None:
        address = f"{planned.address}/rules"
        before = text_of(planned.author.get(address).get_data(as_text=True))
        assert "Suppliers have been matched already." in before
        asked = RULES | {"sme": "1", "region_TLL": "1", "incumbent": "0"}
        answer = planned.author.post(address, data=asked)
        assert (answer.status_code, answer.location) == (303, f"{planned.address}#rules")
        rules = last_rules(session)
        assert (rules.places, rules.floors, rules.caps, rules.exploration) == (
            2,
            {"sme": 1, "region:TLL": 1},
            {"incumbent": 0},
            0,
        )
        assert (rules.reason, rules.after_match, len(chosen(session))) == (RULES["reason"], True, 2)
        words = text_of(planned.author.get(planned.address).get_data(as_text=True))
        for said in (
            "The rules are saved.",
            "Up to 2 suppliers are invited.",
            "At least 1 place for suppliers that work in Wales.",
        ):
            assert said in words
        again = text_of(planned.author.get(address).get_data(as_text=True))
        assert f"Reason: {RULES['reason']}" in again

    def test_a_floor_that_nobody_meets_is_named_as_a_shortage(self, planned: Scene) -> None:
        planned.author.post(f"{planned.address}/rules", data=RULES | {"sme": "2"})
        words = text_of(planned.author.get(planned.address).get_data(as_text=True))
        assert "Warning" in words
        assert (
            "small or medium-sized enterprises get a place than the rules ask for: 2 places short." in words
        )

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"places": ""}, "Enter how many suppliers you want to invite"),
            ({"places": "51"}, "Enter a number from 1 to 50"),
            ({"places": "many"}, "The number of suppliers must be a whole number, like 12"),
            ({"sme": "-1"}, "Enter a number of places from 0 to 50"),
            ({"sme": "51"}, "Enter a number of places from 0 to 50"),
            ({"sme": "3"}, "Each number must be between 0 and the number of places, 2"),
            ({"exploration": "51"}, "Enter a percentage from 0 to 50"),
            ({"reason": " "}, "Say why you chose these rules"),
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_is_kept(
        self, planned: Scene, session: Session, wrong: dict[str, str], said: str
    ) -> None:
        number = last_rules(session).number
        answer = planned.author.post(f"{planned.address}/rules", data=RULES | wrong)
        assert answer.status_code == 422
        words = text_of(answer.get_data(as_text=True))
        assert "There is a problem" in words
        assert said in words
        assert last_rules(session).number == number

    def test_rules_can_be_set_before_any_match(self, scene: Scene, session: Session) -> None:
        words = text_of(scene.author.get(f"{scene.address}/rules").get_data(as_text=True))
        assert "Suppliers have been matched already." not in words
        assert scene.author.post(f"{scene.address}/rules", data=RULES).status_code == 303
        assert last_rules(session).after_match is False


class TestOverride:
    def test_a_supplier_is_put_in_with_a_reason_and_taken_back(
        self, planned: Scene, session: Session
    ) -> None:
        name = "Ledger Lane"
        ref = planned.market.suppliers[name].ref
        planned.author.post(f"{planned.address}/rules", data=RULES)
        assert name not in chosen(session)
        answer = planned.author.post(f"{planned.address}/{ref}/override", data={"kind": "pin", "reason": WHY})
        assert (answer.status_code, answer.location) == (303, f"{planned.address}/{ref}")
        assert name in chosen(session)
        assert len(chosen(session)) == 2
        words = text_of(planned.author.get(f"{planned.address}/{ref}").get_data(as_text=True))
        for said in ("Ann Author gave it a place", WHY, "Put in by a person, with a recorded reason."):
            assert said in words
        assert f"{name}: given a place {WHY} Ann Author" in text_of(
            planned.author.get(planned.address).get_data(as_text=True)
        )
        ended = planned.author.post(f"{planned.address}/{ref}/override/end")
        assert (ended.status_code, ended.location) == (303, f"{planned.address}#people")
        assert name not in chosen(session)
        assert session.scalar(sa.select(sa.func.count()).select_from(SelectionOverride)) == 1

    def test_a_supplier_is_left_out(self, planned: Scene, session: Session) -> None:
        ref = planned.market.best.ref
        assert made.BEST in chosen(session)
        planned.author.post(f"{planned.address}/{ref}/override", data={"kind": "exclude", "reason": WHY})
        assert made.BEST not in chosen(session)
        words = text_of(planned.author.get(f"{planned.address}/{ref}").get_data(as_text=True))
        assert "Ann Author left it out" in words

    @pytest.mark.parametrize(
        ("data", "said"),
        [
            ({"kind": "pin", "reason": ""}, "Say why, so that others can follow it"),
            ({"kind": "pin", "reason": "x" * 501}, "The reason must be 500 characters or fewer"),
            ({"reason": WHY}, "Choose what you want to do"),
            ({"kind": "bribe", "reason": WHY}, "Choose one of the answers"),
        ],
    )
    def test_without_a_reason_or_a_choice_nothing_happens(
        self, planned: Scene, session: Session, data: dict[str, str], said: str
    ) -> None:
        answer = planned.author.post(f"{planned.address}/{planned.market.best.ref}/override", data=data)
        assert answer.status_code == 422
        words = text_of(answer.get_data(as_text=True))
        assert "There is a problem" in words
        assert said in words
        assert session.scalar(sa.select(sa.func.count()).select_from(SelectionOverride)) == 0

    def test_two_decisions_about_one_supplier_do_not_stand(self, planned: Scene) -> None:
        address = f"{planned.address}/{planned.market.best.ref}/override"
        planned.author.post(address, data={"kind": "exclude", "reason": WHY})
        answer = planned.author.post(address, data={"kind": "pin", "reason": WHY})
        assert answer.status_code == 422
        assert "Somebody has decided about this supplier already." in text_of(answer.get_data(as_text=True))

    def test_a_pin_that_cannot_be_kept_is_refused_with_the_smallest_way_out(
        self, planned: Scene, session: Session
    ) -> None:
        planned.author.post(f"{planned.address}/rules", data=RULES | {"places": "1"})
        first, second = (planned.market.suppliers[name].ref for name in ("Ledger Lane", "Roof Right"))
        data = {"kind": "pin", "reason": WHY}
        assert planned.author.post(f"{planned.address}/{first}/override", data=data).status_code == 303
        answer = planned.author.post(f"{planned.address}/{second}/override", data=data)
        assert answer.status_code == 422
        words = text_of(answer.get_data(as_text=True))
        assert "This cannot all be kept" in words
        assert "The smallest way out" in words
        assert chosen(session) == ["Ledger Lane"]

    def test_what_a_person_wrote_is_text(self, planned: Scene) -> None:
        attack = "<script>alert(1)</script>"
        ref = planned.market.best.ref
        planned.author.post(f"{planned.address}/{ref}/override", data={"kind": "pin", "reason": attack})
        for address in (planned.address, f"{planned.address}/{ref}"):
            page = planned.author.get(address).get_data(as_text=True)
            assert attack not in page
            assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page

    def test_who_is_no_candidate_is_not_found(self, planned: Scene) -> None:
        data = {"kind": "pin", "reason": WHY}
        assert planned.author.post(f"{planned.address}/s-nobody/override", data=data).status_code == 404
        assert planned.author.post(f"{planned.address}/s-nobody/override/end").status_code == 404

    def test_after_the_release_nothing_is_decided_any_more(self, planned: Scene) -> None:
        planned.author.post(f"{planned.address}/release")
        ref = planned.market.suppliers["Ledger Lane"].ref
        page = planned.author.get(f"{planned.address}/{ref}").get_data(as_text=True)
        assert "/override" not in page
        answer = planned.author.post(f"{planned.address}/{ref}/override", data={"kind": "pin", "reason": WHY})
        assert answer.status_code == 422
        assert "released or replaced" in text_of(answer.get_data(as_text=True))
