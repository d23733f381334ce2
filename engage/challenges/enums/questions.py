"""The questions a challenge answers, as data.

The drafting pages, "check your answers", the text that is frozen and hashed, and the public page are all made
from ``QUESTIONS``: a question added here appears in each of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from engage.challenges.enums.states import EngagementPurpose, Route


class Kind(StrEnum):
    """How an answer is given."""

    LINE = "line"
    SENTENCE = "sentence"
    TEXT = "text"
    CODES = "codes"
    REGION = "region"
    DATE = "date"
    ROUTE = "route"
    PURPOSES = "purposes"


@dataclass(frozen=True)
class Answer:
    """One thing to fill in; ``field`` is the column it is kept in."""

    field: str
    name: str
    """What it is called in a list and in an error message."""
    kind: Kind = Kind.TEXT
    label: str = ""
    """What stands above the input when the page asks more than one thing."""
    hint: str = ""
    words: int = 0
    """The most words it may have; 0 where words are not counted."""
    listed: bool = False
    """Whether each line is an item of a list."""
    required: bool = True
    missing: str = ""
    """What to do when it is required and empty."""


@dataclass(frozen=True)
class Question:
    """One page: a question, guidance, an example, and what to fill in."""

    slug: str
    label: str
    hint: str
    example: str
    answers: tuple[Answer, ...]

    @property
    def field(self) -> str:
        """The column of the first answer."""
        return self.answers[0].field

    @property
    def words(self) -> int:
        """The word limit of the first answer."""
        return self.answers[0].words

    @property
    def required(self) -> bool:
        """Whether any part must be answered before the text can be submitted."""
        return any(answer.required for answer in self.answers)


TITLE = Question(
    slug="title",
    label="What is the challenge called?",
    hint="Name the problem, not a solution. People see this line in lists, mails and search results.",
    example="Fewer empty seats on patient transport in rural areas",
    answers=(
        Answer(
            field="title",
            name="Title",
            kind=Kind.LINE,
            words=25,
            missing="Enter a title",
        ),
    ),
)

QUESTIONS: tuple[Question, ...] = (
    TITLE,
    Question(
        slug="problem",
        label="What is the problem?",
        hint="Say what is going wrong and how you know. Leave out solutions, products and company names: "
        "suppliers can only surprise you if the way out is open.",
        example="One in five booked seats on patient transport travels empty. We learn that a patient is not "
        "coming when the driver is at the door. Other patients wait for weeks for a seat that was free.",
        answers=(Answer(field="problem", name="The problem", words=500, missing="Say what the problem is"),),
    ),
    Question(
        slug="why-now",
        label="Why does it need attention now?",
        hint="Say what has changed and what happens if nothing is done. Give the dates that matter.",
        example="The present booking contract ends in March 2028. Demand has grown by 14% in two years, and "
        "from next winter two more hospitals will share the same vehicles.",
        answers=(
            Answer(field="why_now", name="Why now", words=200, missing="Say why it needs attention now"),
        ),
    ),
    Question(
        slug="affected",
        label="Who is affected?",
        hint="Say which people or organisations, how many, and what it means for them. "
        "Mention groups that are affected more than others.",
        example="About 40,000 patients a year, most of them over 70 and without a car. Missed seats mean "
        "missed appointments: 6,000 last year. Drivers and ward staff lose time on the phone.",
        answers=(Answer(field="affected", name="Who is affected", words=200, missing="Say who is affected"),),
    ),
    Question(
        slug="done-so-far",
        label="What have you done about it so far?",
        hint="Say what you have tried or found out, and what came of it, also when it did not work. "
        "If you have not done anything yet, leave it empty.",
        example="We tried text reminders in one district in 2025. Empty seats fell for three months and then "
        "rose again; we do not know why. We have not spoken to suppliers.",
        answers=(Answer(field="done_so_far", name="What has been done so far", words=250, required=False),),
    ),
    Question(
        slug="undecided",
        label="What have you NOT decided yet?",
        hint="List what is still open. It shows suppliers where their advice can change something. "
        "If nothing is open, it is too late for early engagement.",
        example="Whether to change how seats are booked or how patients are reminded. Whether this is a "
        "service, software or neither. How success would be paid for. Whether one area goes first.",
        answers=(
            Answer(
                field="undecided",
                name="What is not decided yet",
                words=250,
                missing="Say what you have not decided yet",
            ),
        ),
    ),
    Question(
        slug="constraints",
        label="What is fixed and cannot change?",
        hint="Laws, dates, systems that must stay, limits on money or data. If there are none, leave it "
        "empty.",
        example="Patient data stays in the United Kingdom. The vehicles are leased until 2030. The booking "
        "line must stay open for people without the internet.",
        answers=(Answer(field="constraints", name="What is fixed", words=200, required=False),),
    ),
    Question(
        slug="questions",
        label="What do you want to ask suppliers?",
        hint="Write one question on each line. Everyone answers the same questions, in a session or in "
        "writing.",
        example="What makes people not travel although they booked?\nWhat has worked elsewhere, and how was "
        "it measured?\nWhat would you need to know from us to try something in eight weeks?",
        answers=(
            Answer(
                field="questions",
                name="Questions to suppliers",
                listed=True,
                words=250,
                missing="Write at least one question to suppliers",
            ),
        ),
    ),
    Question(
        slug="expertise",
        label="What expertise are you looking for?",
        hint="Say what people should know or have done. engage compares this with what suppliers say they "
        "can do, so use the words that they would use.",
        example="Booking and no-show prediction in public transport or health; service design with older "
        "people; experience of trials with small samples.",
        answers=(
            Answer(
                field="expertise",
                name="Expertise wanted",
                words=200,
                missing="Say what expertise you are looking for",
            ),
            Answer(
                field="cpv",
                name="CPV codes",
                kind=Kind.CODES,
                label="CPV codes",
                hint="One code of 8 digits on each line, for example 60130000. They help the matching, "
                "and you need them later for a notice.",
                required=False,
            ),
        ),
    ),
    Question(
        slug="when-and-where",
        label="Where is the problem, and until when can suppliers respond?",
        hint="Leave time for small suppliers: three weeks or more after publication is usual.",
        example="North East, until 30 September 2027: six weeks after publication, and a week after the last "
        "session.",
        answers=(
            Answer(
                field="region",
                name="Region",
                kind=Kind.REGION,
                label="Region",
                hint="Where the problem is, not where suppliers are.",
                required=False,
            ),
            Answer(
                field="closes_on",
                name="Closing date",
                kind=Kind.DATE,
                label="Closing date",
                hint="The last day on which suppliers can volunteer or contribute. For example, 30 9 2027.",
                missing="Enter the closing date",
            ),
        ),
    ),
    Question(
        slug="route",
        label="Is a purchase already in view?",
        hint="Talking about a problem is policy exploration. Once you talk to suppliers in order to prepare "
        "a public contract, it is preliminary market engagement, and a notice must be on Find a Tender first "
        "(Procurement Act 2023, sections 16 and 17).",
        example="We want to understand the problem before ministers choose between regulating, running a "
        "pilot and buying a service. No procurement is planned.",
        answers=(
            Answer(
                field="route",
                name="Route",
                kind=Kind.ROUTE,
                label="Route",
                missing="Choose the route",
            ),
            Answer(
                field="purposes",
                name="Purposes",
                kind=Kind.PURPOSES,
                label="Purposes of the engagement",
                hint="Only for preliminary market engagement. Choose at least one.",
                missing="Choose at least one purpose of the preliminary market engagement",
            ),
            Answer(
                field="route_reason",
                name="Reason for the route",
                kind=Kind.SENTENCE,
                label="Why this route?",
                hint="One sentence. It is published with the challenge.",
                words=60,
                missing="Say in one sentence why this is the route",
            ),
        ),
    ),
)

BY_SLUG: Mapping[str, Question] = {question.slug: question for question in QUESTIONS}
ANSWERS: Mapping[str, Answer] = {
    answer.field: answer for question in QUESTIONS for answer in question.answers
}

ROUTE_ANSWERS = frozenset(answer.field for answer in BY_SLUG["route"].answers)
"""What a change of the text leaves as it is: the route has its own procedure."""

ROUTE_WORDS: Mapping[str, str] = {
    Route.POLICY_EXPLORATION: "Policy exploration",
    Route.PRELIMINARY_MARKET_ENGAGEMENT: "Preliminary market engagement",
}
PURPOSE_WORDS: Mapping[str, str] = {
    EngagementPurpose.REQUIREMENTS: "Develop our requirements and our approach to the procurement",
    EngagementPurpose.PROCEDURE: "Design the procedure, the conditions of participation or the award "
    "criteria",
    EngagementPurpose.DOCUMENTS: "Prepare the tender notice and the documents that go with it",
    EngagementPurpose.SUPPLIERS: "Find suppliers that may be able to supply",
    EngagementPurpose.TERMS: "Find out which contract terms are likely",
    EngagementPurpose.CAPACITY: "Build capacity among suppliers for the contract",
}

FORM = 1
"""The edition of the questions, part of what is hashed: a text says which form it answers."""


def snapshot(source: Any) -> dict[str, Any]:
    """Return the answers of ``source`` (anything with a ``ref`` and the answers' columns) as JSON values."""
    answers = {field: plain(getattr(source, field)) for field in ANSWERS}
    return whole({"form": FORM, "ref": source.ref, **answers, FILES: source.attachments})


FILES = "attachments"
"""Where a text lists its attachments (``models.attachments.Attached``); a text without any has no such list."""


def whole(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``content`` as it is frozen and hashed: without an empty list of attachments."""
    return {field: value for field, value in content.items() if value or field != FILES}


def plain(value: Any) -> Any:
    """Return the value of a column as JSON holds it."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, list | tuple):
        return [str(each) for each in value]
    return value


def revived(answer: Answer, value: Any) -> Any:
    """Return a JSON value of ``answer`` as its column holds it: the reverse of ``plain``."""
    if answer.kind is Kind.DATE:
        return date.fromisoformat(value) if value else None
    if answer.kind is Kind.ROUTE:
        return Route(value) if value else None
    return value


def applies(answer: Answer, content: Mapping[str, Any]) -> bool:
    """Tell whether ``answer`` is asked at all: purposes belong to preliminary market engagement only."""
    return answer.kind is not Kind.PURPOSES or content.get("route") == Route.PRELIMINARY_MARKET_ENGAGEMENT


def missing(content: Mapping[str, Any]) -> Sequence[tuple[Question, Answer]]:
    """Return what must still be answered before the text can be submitted, in the order of the questions."""
    return [
        (question, answer)
        for question in QUESTIONS
        for answer in question.answers
        if answer.required and applies(answer, content) and not content.get(answer.field)
    ]


def neighbour(question: Question, *, step: int) -> Question | None:
    """Return the question ``step`` places after ``question`` (-1: before it); ``None`` past the ends."""
    place = QUESTIONS.index(question) + step
    return QUESTIONS[place] if 0 <= place < len(QUESTIONS) else None
