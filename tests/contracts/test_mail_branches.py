"""Every branch of every mail, in HTML, text and subject, occurs in one of the samples that the other tests look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from jinja2 import Environment, nodes, pass_context
from jinja2.runtime import Context

from engage.outbox.service import rendering
from tests.support.mails import rendered


class Marking(Environment):
    """Notes which branches there are (``known``) and which of them were gone through (``seen``)."""

    known: set[str]
    seen: set[str]

    def start(self) -> None:
        self.known, self.seen = set(), set()
        self.filters["passed"] = self._passed

    @pass_context  # what knows its context is not worked out beforehand
    def _passed(self, _context: Context, value: object, mark: str) -> object:
        self.seen.add(mark)
        return value

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for number, (place, kind) in enumerate(branches(tree)):
            mark = f"{name}:{place.lineno} {kind} ({number})"
            self.known.add(mark)
            if isinstance(place, nodes.CondExpr):
                setattr(place, kind, passing(getattr(place, kind), mark))
            else:
                getattr(place, kind).insert(0, nodes.Output([passing(nodes.Const(""), mark)]))
        return tree


def branches(tree: nodes.Template) -> Iterator[tuple[nodes.Node, str]]:
    """Give each node that decides something, with the name of the part that may be gone through."""
    nested = {id(one) for choice in tree.find_all(nodes.If) for one in choice.elif_}
    for choice in list(tree.find_all(nodes.If)):
        yield choice, "body"
        if id(choice) not in nested:
            yield choice, "else_"
    for loop in list(tree.find_all(nodes.For)):
        yield loop, "body"
    for expression in list(tree.find_all(nodes.CondExpr)):
        yield expression, "expr1"
        if expression.expr2 is not None:
            yield expression, "expr2"


def passing(value: nodes.Expr, mark: str) -> nodes.Filter:
    return nodes.Filter(value, "passed", [nodes.Const(mark)], [], None, None)


@pytest.fixture
def marking(monkeypatch: pytest.MonkeyPatch) -> Iterator[Marking]:
    made: list[Marking] = []

    def environment(**options: Any) -> Marking:
        made.append(Marking(**options))
        made[0].start()
        return made[0]

    monkeypatch.setattr(rendering, "Environment", environment)
    rendering._environment.cache_clear()
    rendering._environment()
    yield made[0]
    rendering._environment.cache_clear()


def test_every_branch_of_every_mail_occurs_in_a_sample(marking: Marking) -> None:
    pages: Mapping[str, int] = {name: len(mail.html) for name, mail in rendered()}
    assert min(pages.values()) > 0
    assert len(marking.known) > 100
    assert sorted(marking.known - marking.seen) == []
