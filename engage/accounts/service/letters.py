"""The mails about accounts. Those that must not show whether an address exists are written by a job.

Whether there is somebody to write to is found out by the job, so that the page answers alike, and in the
same time, for every address.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from engage.accounts import queries
from engage.accounts.enums import Notice
from engage.accounts.models import Organisation, Person
from engage.accounts.service.tokens import RESET_LASTS, VERIFICATION_LASTS, reset_token, verification_token
from engage.kernel import jobs
from engage.kernel.actor import Anyone, System
from engage.kernel.ids import short_id
from engage.kernel.settings import settings
from engage.outbox.service import post

WRITE = "accounts.write_letter"
REGISTERED = "You get this email because somebody registered on engage with this address."
WHY: dict[Notice, str] = {
    Notice.VERIFY_EMAIL: REGISTERED,
    Notice.ACCOUNT_EXISTS: REGISTERED,
    Notice.RESET_PASSWORD: "You get this email because somebody asked engage to let you set a new password.",
}


def ask_for(session: Session, *, notice: Notice, person: Person | None) -> None:
    """Have ``notice`` written to ``person`` by a job, or by a job that does nothing when there is nobody."""
    jobs.defer(
        session, WRITE, notice=notice.value, person_id=person.id if person else None, request=short_id()
    )


def write(session: Session, *, notice: Notice, person_id: int | None, request: str) -> None:
    """Write the letter that ``ask_for`` asked for, once for each ``request``; nothing when it is not due.

    It names nobody: what somebody typed into the registration must not reach strangers through our mail.
    """
    person = queries.person(session, person_id) if person_id is not None else None
    if person is None or person.disabled_at:
        return
    if notice is Notice.VERIFY_EMAIL and person.email_verified_at:
        return
    post(
        session,
        template=notice.value,
        to=person.email,
        person_id=person.id,
        context=_links(notice, person),
        dedupe_key=f"{notice.value}:{person.id}:{request}",
        why=WHY[notice],
        sender=System(),
    )


def _links(notice: Notice, person: Person) -> dict[str, str]:
    if notice is Notice.VERIFY_EMAIL:
        return {"link": url("verify-email", verification_token(person)), "lasts": hours(VERIFICATION_LASTS)}
    if notice is Notice.RESET_PASSWORD:
        return {"link": url("reset-password", reset_token(person)), "lasts": hours(RESET_LASTS)}
    return {"sign_in": url("sign-in"), "forgot": url("forgot-password")}


def tell_members(
    session: Session, *, organisation: Organisation, template: str, occasion: str, sender: Anyone
) -> None:
    """Write ``template`` to everybody who acts for ``organisation``, once for each ``occasion``."""
    for person in queries.people_of(session, organisation_id=organisation.id):
        post(
            session,
            template=template,
            to=person,
            context={
                "name": person.name,
                "organisation": organisation.name,
                "kind": organisation.kind.value,
                "reason": organisation.state_reason or "",
                "link": url("dashboard"),
            },
            dedupe_key=f"{template}:{organisation.id}:{occasion}:{person.id}",
            why=f"You get this email because you act for {organisation.name} on engage.",
            sender=sender,
        )


def url(*parts: str) -> str:
    """Return the address of a page, from the configured address of the site."""
    return "/".join((settings().base_url, *parts))


def hours(span: timedelta) -> str:
    """Return a number of whole hours in words."""
    return f"{int(span.total_seconds() // 3600)} hours"


def days(span: timedelta) -> str:
    """Return a number of whole days in words."""
    return f"{span.days} days"
