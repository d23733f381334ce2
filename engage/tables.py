"""Every table of engage, imported once: for the migrations, and for what walks over all tables."""

from __future__ import annotations

from engage.accounts import models as accounts
from engage.advisory import models as advisory
from engage.audit import models as audit
from engage.challenges import models as challenges
from engage.consultation import models as consultation
from engage.digests import models as digests
from engage.interests import models as interests
from engage.ledger import models as ledger
from engage.matchmaking import models as matchmaking
from engage.outbox import models as outbox
from engage.suppliers import models as suppliers
from engage.techmap import models as techmap
from engage.transparency import models as transparency

ROOMS_WITH_TABLES = (
    accounts,
    advisory,
    audit,
    challenges,
    consultation,
    digests,
    interests,
    ledger,
    matchmaking,
    outbox,
    suppliers,
    techmap,
    transparency,
)
