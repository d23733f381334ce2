"""What refusals mean: of one recipient, and of many in a row."""

from __future__ import annotations

import pytest

from engage.outbox.errors import DeadAddress, Later, Never, SendError, Unreachable
from engage.outbox.service.circuit import MOST_REFUSED, Circuit
from engage.outbox.service.smtp import SmtpTransport

HERE, THERE = "smtp://here.test", "smtp://there.test"


def meaning(answer: str) -> type[SendError]:
    code, _, words = answer.partition(" ")
    return type(SmtpTransport(HERE)._meaning(int(code), words, recipient=True))


@pytest.mark.parametrize(
    "answer",
    [
        "550 5.1.1 gone",
        "554 5.1.1 gone",
        "550 No such user here",
        "550 <sam.host@spam.test>: Recipient address rejected: User unknown in local recipient table",
        "551 user not found",
        "553 invalid mailbox",
        "550 This account is disabled",
    ],
)
def test_an_address_that_does_not_exist(answer: str) -> None:
    assert meaning(answer) is DeadAddress


@pytest.mark.parametrize(
    "answer",
    [
        "550 relay not permitted",
        "550 Blocked - see https://lists.test/",
        "550 mailbox full",
        "550 mailbox unavailable",
        "550 rejected due to local policy",
        "550 unknown",
        "550 <unknown.user@example.test>: not now",
        "550 IP address not found in our lists",
        "550 Sender address invalid: domain not found",
        "550 5.7.1 no such user",
        "554 no such user",
    ],
)
def test_everything_else_only_counts(answer: str) -> None:
    assert meaning(answer) is Never


def refuse(circuit: Circuit, number: int, *, way: str = HERE) -> list[type]:
    results = [
        circuit.judge(Never("no"), recipient=f"sam{one}@example.test", way=way) for one in range(number)
    ]
    return [type(result) for result in results]


def test_too_many_in_a_row_say_more_about_us_than_about_them() -> None:
    circuit = Circuit()
    assert refuse(circuit, MOST_REFUSED + 2) == [Never] * MOST_REFUSED + [Unreachable] * 2
    assert circuit.judge("250 OK", recipient="kim@example.test", way=HERE) == "250 OK"
    assert refuse(circuit, 1) == [Never]


def test_one_that_is_taken_ends_the_row_and_another_server_begins_its_own() -> None:
    circuit = Circuit()
    refuse(circuit, MOST_REFUSED)
    circuit.judge("250 OK", recipient="kim@example.test", way=HERE)
    assert refuse(circuit, MOST_REFUSED) == [Never] * MOST_REFUSED
    assert refuse(circuit, MOST_REFUSED, way=THERE) == [Never] * MOST_REFUSED


def test_the_same_recipient_again_or_what_is_not_about_recipients_does_not_count() -> None:
    circuit = Circuit()
    refuse(circuit, MOST_REFUSED)
    later, ours = Later("busy"), Never("no sender", by_recipient=False)
    assert circuit.judge(later, recipient="new@example.test", way=HERE) is later
    assert circuit.judge(ours, recipient="new@example.test", way=HERE) is ours
    assert refuse(circuit, MOST_REFUSED) == [Never] * MOST_REFUSED
