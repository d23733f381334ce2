"""Use cases of accounts, one module for each part."""

from __future__ import annotations

from engage.accounts.service.joining import answer_join_request, ask_to_join
from engage.accounts.service.merging import bring_numbers, bring_people, people_can_move
from engage.accounts.service.organisations import create_organisation, decide
from engage.accounts.service.people import add_member, create_person, disable_person, start_afresh
from engage.accounts.service.recovery import change_password, rename, reset_password, verify_email
from engage.accounts.service.registration import register
from engage.accounts.service.sessions import act_as, end_session, start_session
from engage.accounts.service.signing import sign_in, sign_out
from engage.accounts.service.team import end_membership, invite, join

__all__ = [
    "act_as",
    "add_member",
    "answer_join_request",
    "ask_to_join",
    "bring_numbers",
    "bring_people",
    "change_password",
    "create_organisation",
    "create_person",
    "decide",
    "disable_person",
    "end_membership",
    "end_session",
    "invite",
    "join",
    "people_can_move",
    "register",
    "rename",
    "reset_password",
    "sign_in",
    "sign_out",
    "start_afresh",
    "start_session",
    "verify_email",
]
