"""Who may call what: every endpoint of the site, once. The tests beside it call each one as every role.

A line is ``"blueprint.view": access``, where access is ``PUBLIC``, ``SIGNED_IN`` or the permission the view requires.
What depends on the thing at hand (one's own challenge, another supplier's invitation) is tested in the rooms.
"""

from __future__ import annotations

from engage.admin.policy import AdminPermission
from engage.advisory.policy import AdvisoryPermission
from engage.consultation.policy import ConsultationPermission
from engage.kernel.permissions import Permission

PUBLIC = "public"
SIGNED_IN = "signed in"

MATRIX: dict[str, str | Permission] = {
    # the kit
    "assets.asset": PUBLIC,
    # site
    "site.home": PUBLIC,
    "site.challenge": PUBLIC,
    "site.search": PUBLIC,
    "site.how_matching_works": PUBLIC,
    "site.accessibility": PUBLIC,
    "site.privacy": PUBLIC,
    "site.dashboard": SIGNED_IN,
    "site.department": SIGNED_IN,
    "site.supplier": SIGNED_IN,
    "site.healthz": PUBLIC,
    "site.readyz": PUBLIC,
    "site.metrics": PUBLIC,
    "site.sitemap": PUBLIC,
    "site.robots": PUBLIC,
    "site.security_txt": PUBLIC,
    # back office
    "admin.home": AdminPermission.READ,
    "admin.audit": AdminPermission.READ,
    # accounts
    # challenges
    # suppliers
    # matchmaking
    # advisory
    "advisory.department_sessions": AdvisoryPermission.SEE,
    "advisory.session_new": AdvisoryPermission.RUN,
    "advisory.session_edit": AdvisoryPermission.RUN,
    "advisory.session_cancel": AdvisoryPermission.RUN,
    "advisory.attendance": AdvisoryPermission.RUN,
    "advisory.minutes": AdvisoryPermission.RUN,
    "advisory.offer": AdvisoryPermission.RUN,
    "advisory.invitations": AdvisoryPermission.TAKE_PART,
    "advisory.invitation": AdvisoryPermission.TAKE_PART,
    "advisory.accept": AdvisoryPermission.TAKE_PART,
    "advisory.decline": AdvisoryPermission.TAKE_PART,
    "advisory.sessions": AdvisoryPermission.TAKE_PART,
    "advisory.release_seat": AdvisoryPermission.TAKE_PART,
    "advisory.volunteer": SIGNED_IN,
    "advisory.withdraw_offer": AdvisoryPermission.TAKE_PART,
    "advisory.calendar_file": SIGNED_IN,
    "advisory.public_calendar": PUBLIC,
    # consultation
    "consultation.ask": SIGNED_IN,
    "consultation.department_questions": ConsultationPermission.SEE,
    "consultation.answer": ConsultationPermission.ANSWER,
    "consultation.reject": ConsultationPermission.ANSWER,
    # digests
}
