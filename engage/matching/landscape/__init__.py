"""The landscape: a picture in which suppliers near in meaning stand near each other.

A pure library like the rest of ``engage.matching``: vectors in, places out, the
same for the same input, seed and processor. ``docs/techmap.md`` has the method
and the figures.
"""

from engage.matching.landscape.drawing import (
    LANDSCAPE_EDITION,
    Drawing,
    Held,
    Interrupted,
    draw,
)
from engage.matching.landscape.frame import HEIGHT, WIDTH
from engage.matching.landscape.naming import Member, name_clusters
from engage.matching.landscape.trust import Trust, trustworthiness
from engage.matching.landscape.words import word_vectors

__all__ = [
    "HEIGHT",
    "LANDSCAPE_EDITION",
    "WIDTH",
    "Drawing",
    "Held",
    "Interrupted",
    "Member",
    "Trust",
    "draw",
    "name_clusters",
    "trustworthiness",
    "word_vectors",
]
