"""Work done later: reminders, the words that people look for."""

from __future__ import annotations

from engage.kernel import jobs
from engage.kernel.db import reading, unit_of_work
from engage.suppliers import service


@jobs.every("50 2 * * *")
@jobs.task("suppliers.words", lock="suppliers.words")
def words(**_due: int) -> None:
    """Collect the words that suppliers use, for those who mistype one."""
    with unit_of_work() as session:
        service.refresh_words(session)


@jobs.task(service.ADD_WORDS, lock="suppliers.words")
def add_words() -> None:
    """Add the words of who has just come or written something."""
    with unit_of_work() as session:
        service.add_words(session)


@jobs.every("20 7 * * *")
@jobs.task("suppliers.remind", lock="suppliers.remind")
def remind(**_due: int) -> None:
    """Remind suppliers of statements that expire, one unit of work each."""
    with reading() as session:
        ids = service.to_remind(session)
    for supplier_id in ids:
        with unit_of_work() as session:
            service.remind(session, supplier_id=supplier_id)
