"""Advice on words that name a product, a solution or a procurement too early."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Any

import pytest

from engage.challenges.enums.questions import ANSWERS, QUESTIONS
from engage.challenges.service.advice import MOST_FOUND, advise

RULES = tomllib.loads(resources.files("engage.challenges").joinpath("data/advice.toml").read_text())["rule"]
WORDS = [
    pytest.param(rule["id"], rule["answers"][0], word, id=f"{rule['id']}-{word}")
    for rule in RULES
    for word in rule["words"]
]


def found(**content: Any) -> list[tuple[str, str, list[str]]]:
    """Answer, rule and words of all advice on a text."""
    return [(each.answer.field, each.rule.id, list(each.words)) for each in advise(content)]


@pytest.mark.parametrize(("rule", "answer", "word"), WORDS)
def test_every_word_of_the_list_is_found_as_it_is_written(rule: str, answer: str, word: str) -> None:
    assert (answer, rule, [word]) in found(**{answer: f"There is ({word}), and more."})


@pytest.mark.parametrize("rule", RULES, ids=[rule["id"] for rule in RULES])
def test_every_rule_is_in_order(rule: dict[str, Any]) -> None:
    assert rule["words"] == sorted(rule["words"], key=str.casefold)
    assert len(rule["words"]) == len(set(rule["words"]))
    assert set(rule["answers"]) <= set(ANSWERS)
    assert rule["url"].startswith("https://")
    assert all((rule["title"], rule["advice"], rule["source"]))


@pytest.mark.parametrize(
    ("text", "rule", "words"),
    [
        ("The system must use open data.", "solution", ["must use open data"]),
        ("Drivers need apps and a Portal.", "solution", ["apps", "Portal"]),
        (
            "We want to build something for drivers, soon.",
            "solution",
            ["want to build something for drivers"],
        ),
        ("All is kept in Salesforce and in SAP.", "product", ["Salesforce", "SAP"]),
        ("The successful bidder starts in May.", "procurement", ["successful bidder"]),
        ("Tenders are due; a tender costs.", "procurement", ["Tenders", "tender"]),
    ],
)
def test_what_gives_a_solution_away(text: str, rule: str, words: list[str]) -> None:
    found_here = {rule: words for _, rule, words in found(problem=text)}
    assert [word.removeprefix("We ") for word in found_here[rule]] == words


@pytest.mark.parametrize(
    "text",
    [
        "We oracle the weather; sap runs from the tree.",  # common words in small letters
        "The happy apprentice applied.",  # words that only begin alike
        "Write to info@google.com or see /app/portal-x.",  # addresses
        "Patients use the seats that are free.",
        "",
    ],
)
def test_what_is_left_alone(text: str) -> None:
    assert found(problem=text) == []


def test_what_cannot_change_may_name_systems() -> None:
    text = "Records stay in Salesforce, which must use the old portal."
    assert found(constraints=text, done_so_far=text) == []


def test_words_of_procurement_are_fine_once_a_purchase_is_in_view() -> None:
    text = {"problem": "The tender comes in May."}
    assert found(**text, route="policy_exploration") == [("problem", "procurement", ["tender"])]
    assert found(**text, route="preliminary_market_engagement") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("None.", ["None."]),
        ("N/A", ["N/A"]),
        ("We have decided to buy buses.", ["We have decided to buy buses"]),
        ("Nothing is fixed yet but the date.", None),
    ],
)
def test_an_answer_about_what_is_open_that_says_all_is_decided(text: str, words: list[str] | None) -> None:
    expected = [("undecided", "decided", words)] if words else []
    assert found(undecided=text) == expected


def test_the_examples_that_people_are_shown_keep_to_the_advice() -> None:
    shown = {question.field: question.example for question in QUESTIONS}
    assert found(**shown) == []


def test_the_longest_answer_is_read_quickly_and_quoted_briefly() -> None:
    many = "We must use an app, a portal, a bot, a dashboard, software, drones and a website to deploy a "
    ((_, _, words),) = found(problem=many * 1_000)
    assert len(words) == MOST_FOUND
