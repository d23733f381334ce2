"""The jobs of accounts."""

from __future__ import annotations

from engage.accounts.enums import Notice
from engage.accounts.service import letters
from engage.accounts.service.sessions import remove_ended
from engage.kernel.db import unit_of_work
from engage.kernel.jobs import every, task


@task(letters.WRITE)
def write_letter(notice: str, person_id: int | None, request: str) -> None:
    """Write a mail about an account, if it is due; a second run with the same ``request`` writes no second
    one.
    """
    with unit_of_work() as session:
        letters.write(session, notice=Notice(notice), person_id=person_id, request=request)


@every("37 3 * * *", queueing_lock="accounts.clean")
@task("accounts.clean")
def clean(**_due: int) -> None:
    """Remove the signed-in sessions that ended two weeks ago, whatever their end."""
    with unit_of_work() as session:
        remove_ended(session)
