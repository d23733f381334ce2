"""What decided about a candidate, in words: for the department, which sees the whole plan."""

from __future__ import annotations

from engage.matchmaking.enums import HardRule
from engage.matchmaking.service.tags import tag_words

NOT_NEAR, INVITED, FULL, RULE, UNKEPT_PIN = "not_near", "invited", "full", "rule:", "pin_not_kept"
AT_RELEASE = "release:"
_WORDS = {
    "pinned": "Put in by a person, with a recorded reason.",
    "fit": "By fit: taken together, these suppliers fit best.",
    "exploration": "Drawn for a place that is kept for newcomers who fit.",
    "parity": "Newcomers get the share of the places that they have among those who qualify; it fits best of them.",
    "lot": "By lot, among suppliers that fit equally well.",
    "excluded": "Left out by a person, with a recorded reason.",
    "conflict": "Left out because of a conflict of interest.",
    "capacity": "Its last invitations of this quarter go to other challenges, which it fits better.",
    "group": "Another supplier of its corporate group is invited.",
    NOT_NEAR: "Its statements do not come near this challenge.",
    INVITED: "Has been invited to this challenge before.",
    FULL: "Every place of this challenge was given before.",
    UNKEPT_PIN: "Put in by a person, but that could not be kept together with what else was decided.",
    "": "Not planned yet.",
}
_LEFT_OUT = {
    "fit": "Others fit better.",
    "pinned": "Every place went to those whom a person put in.",
    "exploration": "The place is drawn among newcomers, and the draw fell on another.",
    "parity": "The place goes to a newcomer, so that newcomers get their share.",
    "lot": "Others fit equally well, and the lot fell on them.",
}


def shortage_sentence(rule: str, by: int) -> str:
    """Return what a plan lacks, in one sentence; ``rule`` is ``places``, or a floor or cap with its tag."""
    kind, _, tag = rule.partition(":")
    number = "1 place" if by == 1 else f"{by} places"
    if kind == "floor":
        return f"Fewer {tag_words(tag)} get a place than the rules ask for: {number} short."
    if kind == "cap":
        return f"There are more {tag_words(tag)} than the rules take: {number} too many, put in by a person."
    return f"Not enough suppliers fit: {number} stay{'s' if by == 1 else ''} empty."


def decided_sentence(decided_by: str, *, chosen: bool) -> str:
    """Return what decided about a candidate, in one sentence for the department."""
    if not chosen and decided_by in _LEFT_OUT:
        return _LEFT_OUT[decided_by]
    if decided_by in _WORDS:
        return _WORDS[decided_by]
    kind, _, tag = decided_by.partition(":")
    if kind == "floor" and not chosen:
        return f"The place goes to others, because the rules ask for {tag_words(tag)}."
    if kind == "floor":
        return f"The rules ask for {tag_words(tag)}, and it fits best among them."
    if kind == "cap":
        return f"The rules take only so many {tag_words(tag)}."
    if decided_by == f"{AT_RELEASE}group":
        return "Was chosen; before the invitations went out another of its corporate group was invited."
    if decided_by.startswith(AT_RELEASE):
        return f"Was chosen; when the invitations went out a hard rule left it out: {HardRule(tag).sentence}."
    if decided_by.startswith(RULE):
        return f"Left out by a hard rule: {HardRule(tag).sentence}."
    return decided_by.replace("_", " ").capitalize() + "."
