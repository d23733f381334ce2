"""Registering an organisation, one question a page. The answers so far travel in the signed cookie."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue

from engage.accounts import service
from engage.accounts.enums import Scheme
from engage.accounts.forms import (
    SCHEMES,
    AskToJoinForm,
    KindForm,
    NewPasswordForm,
    NumberForm,
    OrganisationForm,
    PersonForm,
    SchemeForm,
    number_label,
)
from engage.accounts.service.identifiers import REGISTERS
from engage.accounts.service.organisations import ALREADY_THERE
from engage.accounts.service.registration import Registration, check_email, check_identifier
from engage.accounts.views import bp
from engage.accounts.views.pages import remember_address, show
from engage.http import limits
from engage.http.access import current_actor, public
from engage.http.session import db, writes
from engage.kernel.actor import OrganisationKind
from engage.kernel.errors import Invalid

ANSWERS = "registration"
TAKEN = "taken"
STEPS = {
    "kind": "accounts.register",
    "organisation": "accounts.register_organisation",
    "scheme": "accounts.register_identifier",
    "number": "accounts.register_number",
    "email": "accounts.register_you",
}
"""The answer that each page gives; in this order."""


class Draft:
    """The answers so far."""

    def __init__(self) -> None:
        self.answers: dict[str, str] = dict(cookie.get(ANSWERS, {}))

    @property
    def kind(self) -> OrganisationKind:
        """Who is registering."""
        return OrganisationKind(self.answers["kind"])

    @property
    def scheme(self) -> Scheme:
        """In which register the organisation is."""
        return Scheme(self.answers["scheme"])

    def missing(self, before: str = "") -> ResponseReturnValue | None:
        """Return the way to the first page without an answer; with ``before``, only to pages before that
        one.
        """
        if current_actor():
            return redirect(url_for("accounts.account"), 303)
        for answer, endpoint in STEPS.items():
            if answer == before:
                return None
            if answer not in self.answers:
                return redirect(url_for(endpoint), 303)
        return None

    def answer(self, **answers: str) -> ResponseReturnValue:
        """Keep ``answers`` and go on: to the next page without an answer, or to check them all."""
        if answers.get("kind", self.answers.get("kind")) != self.answers.get("kind"):
            self.forget("scheme", "number", "email")
        if answers.get("scheme", self.answers.get("scheme")) != self.answers.get("scheme"):
            self.forget("number")
        self.answers.update(answers)
        cookie[ANSWERS] = self.answers
        return self.missing() or redirect(url_for("accounts.register_check"), 303)

    def forget(self, *names: str) -> None:
        """Drop answers that no longer fit."""
        for name in names:
            self.answers.pop(name, None)

    def registration(self) -> Registration:
        """Return the answers as the service takes them."""
        given = self.answers
        return Registration(
            self.kind, given["organisation"], self.scheme, given["number"], given["name"], given["email"]
        )


@bp.route("/register", methods=["GET", "POST"])
@public
def register() -> ResponseReturnValue:
    """Ask who is registering."""
    draft = Draft()
    form = KindForm(data={"kind": draft.answers.get("kind")})
    if away := draft.missing("kind"):
        return away
    if form.validate_on_submit():
        return draft.answer(kind=form.kind.data.value)
    return show("register_kind", form)


@bp.route("/register/organisation", methods=["GET", "POST"])
@public
def register_organisation() -> ResponseReturnValue:
    """Ask what the organisation is called."""
    draft = Draft()
    form = OrganisationForm(data={"organisation": draft.answers.get("organisation")})
    if away := draft.missing("organisation"):
        return away
    if form.validate_on_submit():
        return draft.answer(organisation=form.organisation.data)
    return show("register_organisation", form)


@bp.route("/register/identifier", methods=["GET", "POST"])
@public
def register_identifier() -> ResponseReturnValue:
    """Ask in which register the organisation is."""
    draft = Draft()
    if away := draft.missing("scheme"):
        return away
    form = SchemeForm(data={"scheme": draft.answers.get("scheme")})
    form.scheme.choices = [(scheme, text) for scheme, text in SCHEMES[draft.kind]]
    if form.validate_on_submit():
        none = {"number": ""} if form.scheme.data is Scheme.NONE else {}
        return draft.answer(scheme=form.scheme.data.value, **none)
    return show("register_identifier", form)


@bp.route("/register/number", methods=["GET", "POST"])
@public
def register_number() -> ResponseReturnValue:
    """Ask for the organisation's number in that register."""
    draft = Draft()
    if away := draft.missing("number"):
        return away
    if draft.scheme is Scheme.NONE:
        return redirect(url_for("accounts.register_identifier"), 303)
    form = NumberForm(data={"number": draft.answers.get("number")})
    if form.validate_on_submit():
        try:
            return draft.answer(number=check_identifier(db(), scheme=draft.scheme, number=form.number.data))
        except Invalid as problem:
            form.add_errors(problem.fields)
            taken = problem.fields.get("number") == ALREADY_THERE
            if taken:
                cookie[TAKEN] = {"scheme": draft.scheme.value, "number": form.number.data}
            return show("register_number", form, register=REGISTERS[draft.scheme], taken=taken)
    return show("register_number", form, register=REGISTERS[draft.scheme], taken=False)


@bp.route("/register/join", methods=["GET", "POST"])
@public
@limits.limited("5 per hour")
@writes
def ask_to_join() -> ResponseReturnValue:
    """Ask the people of an organisation that is here already whether one may act for it."""
    taken = cookie.get(TAKEN)
    if not taken:
        return redirect(url_for("accounts.register"), 303)
    scheme = Scheme(taken["scheme"])
    form = AskToJoinForm()
    if form.validate_on_submit():
        asked = {"name": form.name.data, "email": form.email.data, "words": form.words.data}
        try:
            service.ask_to_join(db(), scheme=scheme, number=taken["number"], **asked)
        except Invalid as problem:
            form.add_errors(problem.fields)
        else:
            cookie.pop(TAKEN)
            return redirect(url_for("accounts.asked_to_join"), 303)
    return show("ask_to_join", form, register=REGISTERS[scheme], number=taken["number"])


@bp.get("/register/join/asked")
@public
def asked_to_join() -> ResponseReturnValue:
    """Say what happens now."""
    return render_template("accounts/asked_to_join.html")


@bp.route("/register/you", methods=["GET", "POST"])
@public
def register_you() -> ResponseReturnValue:
    """Ask for the person's name and address."""
    draft = Draft()
    form = PersonForm(data=draft.answers)
    if away := draft.missing("email"):
        return away
    if form.validate_on_submit():
        try:
            check_email(kind=draft.kind, email=form.email.data)
            return draft.answer(name=form.name.data, email=form.email.data)
        except Invalid as problem:
            form.add_errors(problem.fields)
    return show("register_you", form, kind=draft.kind.value)


@bp.get("/register/check")
@public
def register_check() -> ResponseReturnValue:
    """Show the answers before they count."""
    draft = Draft()
    if away := draft.missing():
        return away
    schemes: dict[Any, str] = dict(SCHEMES[draft.kind])
    return render_template(
        "accounts/register_check.html",
        answers=draft.registration(),
        register=schemes[draft.scheme],
        number_label=number_label(draft.scheme),
    )


@bp.route("/register/password", methods=["GET", "POST"])
@public
@limits.limited("10 per hour")
@writes
def register_password() -> ResponseReturnValue:
    """Ask for a password and register."""
    draft = Draft()
    if away := draft.missing():
        return away
    form = NewPasswordForm()
    if form.validate_on_submit():
        try:
            service.register(db(), registration=draft.registration(), password=form.password.data)
        except Invalid as problem:
            form.add_errors(problem.fields)
        else:
            cookie.pop(ANSWERS)
            remember_address(draft.answers["email"])
            return redirect(url_for("accounts.check_email"), 303)
    return show("register_password", form, email=draft.answers["email"])
