"""What a match would find, in numbers: for authors before approval. No names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from engage.challenges.models import Challenge
from engage.kernel.codes import REGIONS
from engage.matching import Band
from engage.matchmaking.enums import HardRule
from engage.matchmaking.service.matching import Match, match
from engage.matchmaking.service.selecting import rules_in_force
from engage.matchmaking.service.tags import tag_words
from engage.matchmaking.service.texts import challenge_text, published_on

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
    places: int
    """How many places the rules give."""
    qualified: int
    """How many suppliers come near enough to be given one."""
    floors: Mapping[str, int]
    able: Counter[str]
    """How many of the qualified have each tag that rules can ask for."""

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

    @property
    def shortages(self) -> list[str]:
        """What the rules ask for and the qualified do not give, in sentences; empty when the rules can be met."""
        found = []
        if self.qualified < self.places:
            found.append(f"The rules give {self.places} places; {self.qualified} suppliers come near enough.")
        for tag, floor in self.floors.items():
            if self.able[tag] < floor:
                found.append(
                    f"The rules ask for {floor} {tag_words(tag)}; {self.able[tag]} come near enough."
                )
        return found


def preview(session: Session, *, challenge: Challenge) -> Preview:
    """Match the text of ``challenge`` as it stands now and count. Writes nothing to the database and names nobody.

    By words alone while the text has no vector, which it gets when it is submitted for review.
    """
    rules = rules_in_force(session, challenge=challenge)
    found = match(
        session,
        challenge_text(challenge.content, published=published_on(challenge)),
        challenge=challenge,
        floors=rules.floors,
        writing=False,
    )
    entrants = found.ready.sifted.entrants
    near = [entrants[place.supplier_id] for place in found.near if place.band in NEAR]
    able = Counter(
        tag for place in found.near if place.band is not Band.NONE for tag in found.tags[place.supplier_id]
    )
    return Preview(
        considered=len(entrants),
        excluded=found.ready.sifted.excluded,
        bands=_bands(found),
        near=len(near),
        sme=sum(bool(each.sme) for each in near),
        vcse=sum(bool(each.vcse) for each in near),
        regions=Counter(code for each in near for code in each.regions),
        words_alone=found.words_alone,
        places=rules.places,
        qualified=sum(place.band is not Band.NONE for place in found.near),
        floors=rules.floors,
        able=able,
    )


def _bands(found: Match) -> Counter[Band]:
    """Count the suppliers by band; whoever is not near is in none."""
    counted: Counter[Band] = Counter(place.band for place in found.near if place.band is not Band.NONE)
    counted[Band.NONE] = len(found.ready.sifted.entrants) - counted.total()
    return +counted
