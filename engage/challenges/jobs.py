"""Publishing at the set time and checking attachments: a job for each, and a look for what was missed."""

from __future__ import annotations

import structlog

from engage.challenges import queries, service
from engage.challenges.enums.files import AttachmentState
from engage.kernel import jobs
from engage.kernel.db import reading, unit_of_work
from engage.kernel.scanning import ScannerUnavailable, scanner_named
from engage.kernel.settings import settings

log = structlog.get_logger()


@jobs.task("challenges.publish_scheduled")
def publish_scheduled(challenge_id: int) -> None:
    """Publish one challenge if its time has come and it was not published or taken back meanwhile."""
    with unit_of_work() as session:
        service.publish_due(session, challenge_id=challenge_id)


@jobs.every("* * * * *", queueing_lock="challenges.publish_due")
@jobs.task("challenges.publish_due")
def publish_all_due(**_due: int) -> None:
    """Publish everything whose time has come: what a job of its own should have done, also after an outage.

    One unit of work each. One that fails does not keep the others from being published; its error is raised at
    the end, so that the job is tried again.
    """
    with reading() as session:
        due = list(queries.due_for_publication(session))
    failed: Exception | None = None
    for challenge_id in due:
        try:
            publish_scheduled(challenge_id=challenge_id)
        except Exception as error:
            log.exception("publication failed", challenge=challenge_id)
            failed = error
    if failed is not None:
        raise failed


@jobs.task("challenges.check_attachment")
def check_attachment(attachment_id: int) -> None:
    """Check one file that waits in quarantine.

    While the scanner looks no transaction is open. A scanner that gives no answer leaves the file in quarantine, with
    the reason: the next look at all of them tries again.
    """
    with reading() as session:
        found = queries.with_bytes(session, attachment_id)
        if found is None or found.data is None or found.state is not AttachmentState.QUARANTINED:
            return
        data, name = found.data, found.name
    try:
        refusal = scanner_named(settings().scanner).check(data, name=name)
    except ScannerUnavailable as trouble:
        log.warning("attachment not checked", attachment=attachment_id, why=str(trouble))
        with unit_of_work() as session:
            service.note_trouble(session, attachment_id=attachment_id, trouble=str(trouble))
        return
    with unit_of_work() as session:
        service.settle(session, attachment_id=attachment_id, refusal=refusal)


@jobs.every("*/2 * * * *", queueing_lock="challenges.check_attachments")
@jobs.task("challenges.check_attachments")
def check_attachments(**_due: int) -> None:
    """Let everything that is still in quarantine be checked: after an outage of the scanner, or of a worker."""
    with unit_of_work() as session:
        for attachment_id in queries.unchecked(session):
            once = f"{service.CHECK}:{attachment_id}"
            jobs.defer(session, check_attachment, once=once, attachment_id=attachment_id)
