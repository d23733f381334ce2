"""What the rules of a selection can ask for: tags that a supplier has or has not. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta

from engage.kernel.codes import REGIONS
from engage.kernel.text import one_line

SME, VCSE, NEW_ENTRANT, INCUMBENT, REGION = "sme", "vcse", "new_entrant", "incumbent", "region:"
FLOOR_TAGS = (SME, VCSE, NEW_ENTRANT, *(f"{REGION}{code}" for code in REGIONS))
"""What a floor can ask for, in the order in which people read it."""
CAP_TAGS = (INCUMBENT,)
YEAR = timedelta(days=365)
INCUMBENT_FOR = 3 * YEAR
_WORDS = {
    SME: "small or medium-sized enterprises",
    VCSE: "charities or social enterprises",
    NEW_ENTRANT: "newcomers, whom nobody invited in the last year",
    INCUMBENT: "suppliers that worked for the department in the last three years",
}
_OWN = re.compile(rf"\b{INCUMBENT}@[A-Z0-9-]+")


def fold(name: str) -> str:
    """Return a name as it is compared with others: on one line, without regard to capitals."""
    return one_line(name).casefold()


def tags(
    *,
    sme: bool | None,
    vcse: bool | None,
    regions: Iterable[str],
    recent: int,
    work: Iterable[tuple[str, date | None]],
    department: str,
    on: date,
) -> list[str]:
    """Return the tags of a supplier for a challenge of ``department`` on the day ``on``, in a fixed order.

    ``recent`` is how many invitations anybody sent to it in the 365 days before; ``work`` is client and date
    of statements that count. What a supplier has not said it does not have: no region said is no region.
    """
    buyer, since = fold(department), on - INCUMBENT_FOR
    worked = any(
        fold(client) == buyer and dated is not None and since <= dated <= on for client, dated in work
    )
    told = set(regions)
    found = {SME: bool(sme), VCSE: bool(vcse), NEW_ENTRANT: recent == 0, INCUMBENT: worked}
    return [tag for tag, has in found.items() if has] + [
        f"{REGION}{code}" for code in REGIONS if code in told
    ]


def tag_words(tag: str) -> str:
    """Return who has ``tag``, in words: "3 places for small or medium-sized enterprises"."""
    if tag.startswith(REGION):
        code = tag.removeprefix(REGION)
        return f"suppliers that work in {REGIONS.get(code, code)}"
    return _WORDS.get(tag, tag.replace("_", " "))


def own_tag(tag: str, ref: str) -> str:
    """Return what the solver calls ``tag`` in the challenge ``ref``: to be an incumbent depends on the department."""
    return f"{tag}@{ref}" if tag == INCUMBENT else tag


def plain(text: str) -> str:
    """Return ``text`` with the solver's name of the incumbents of one challenge replaced by the usual one."""
    return _OWN.sub(INCUMBENT, text)
