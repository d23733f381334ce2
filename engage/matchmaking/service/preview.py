"""What a match would find, in numbers: for authors before approval. No names."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy.orm import Session

from engage.challenges.models import Challenge
from engage.kernel.codes import REGIONS
from engage.matching import Band
from engage.matchmaking.enums import HardRule
from engage.matchmaking.service.matching import match
from engage.matchmaking.service.texts import challenge_text

NEAR = (Band.STRONG, Band.GOOD)


@dataclass(frozen=True)
class Preview:
    """How many suppliers fit and how well, and what those that fit well are like."""

    considered: int
    excluded: Counter[HardRule]
    bands: Counter[Band]
    near: int
    sme: int
    vcse: int
    regions: Counter[str]
    words_alone: bool

    @property
    def gaps(self) -> list[str]:
        """What is missing among those that fit well, in sentences."""
        if not self.near:
            return ["No supplier fits well yet. More words about the expertise you need may help."]
        found = []
        if not self.sme:
            found.append("None of them says that it is a small or medium-sized enterprise.")
        if not self.vcse:
            found.append("None of them says that it is a charity or social enterprise.")
        without = [name for code, name in REGIONS.items() if not self.regions[code]]
        if without and self.regions:
            found.append(f"None of them says that it works in {', '.join(without)}.")
        return found


def preview(session: Session, *, challenge: Challenge) -> Preview:
    """Match the text of ``challenge`` as it stands now and count. Writes nothing and names nobody.

    By words alone while the text has no vector, which it gets when it is submitted for review.
    """
    found = match(session, challenge_text(challenge.content), writing=False)
    near = [found.sifted.suppliers[place.supplier_id] for place in found.ranked if place.band in NEAR]
    return Preview(
        considered=len(found.sifted.profiles),
        excluded=found.sifted.excluded,
        bands=Counter(place.band for place in found.ranked),
        near=len(near),
        sme=sum(bool(supplier.sme) for supplier in near),
        vcse=sum(bool(supplier.vcse) for supplier in near),
        regions=Counter(code for supplier in near for code in supplier.regions),
        words_alone=found.words_alone,
    )
