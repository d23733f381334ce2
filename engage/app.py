"""The factory: puts the rooms together. Here stands the one visible table of which handler reacts to which event."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

import config as configuration
from engage.accounts import queries as accounts
from engage.accounts.events import OrganisationRegistered, OrganisationSuspended, OrganisationVerified
from engage.accounts.views import bp as accounts_views
from engage.admin.views import bp as admin_views
from engage.advisory import handlers as advisory_handlers
from engage.advisory import queries as advisory_queries
from engage.advisory.events import SessionPublished
from engage.advisory.views import bp as advisory_views
from engage.challenges import handlers as challenges_handlers
from engage.challenges import queries as challenges_queries
from engage.challenges.events import (
    ChallengeChanged,
    ChallengeEndedEarly,
    ChallengePublished,
    ChallengeWithdrawn,
    EngagementResumed,
    PublicationFailed,
    ReviewDecided,
    ReviewRequested,
    RouteChanged,
)
from engage.challenges.views import bp as challenges_views
from engage.consultation import handlers as consultation_handlers
from engage.consultation import queries as consultation_queries
from engage.consultation.events import FactReleased, QuestionAnswered
from engage.consultation.views import bp as consultation_views
from engage.digests import handlers as digests_handlers
from engage.digests.views import bp as digests_views
from engage.http import (
    access,
    assets,
    auth,
    csrf,
    errors,
    headers,
    limits,
    pagination,
    session,
    templates,
    uploads,
)
from engage.interests import queries as interests_queries
from engage.interests.events import InterestsChanged
from engage.interests.views import bp as interests_views
from engage.kernel import db, due, events, logs
from engage.kernel.settings import configure
from engage.matchmaking import handlers as matchmaking_handlers
from engage.matchmaking import queries as matchmaking_queries
from engage.matchmaking.events import InvitationTakenBack, InvitationWithdrawn
from engage.matchmaking.service import openings
from engage.matchmaking.views import bp as matchmaking_views
from engage.outbox.views import bp as outbox_views
from engage.site.views import bp as site_views
from engage.suppliers import handlers as suppliers_handlers
from engage.suppliers.events import StatementsChanged, SuppliersMerged
from engage.suppliers.views import bp as suppliers_views
from engage.techmap.views import bp as techmap_views
from engage.transparency import queries as transparency_queries
from engage.transparency.views import bp as transparency_views

REACTIONS: Mapping[type[events.Event], Sequence[events.Handler]] = {
    OrganisationRegistered: [suppliers_handlers.on_organisation_registered],
    OrganisationSuspended: [advisory_handlers.on_organisation_suspended],
    OrganisationVerified: [
        suppliers_handlers.on_organisation_verified,
        matchmaking_handlers.on_organisation_verified,
        advisory_handlers.on_organisation_verified,
    ],
    # Before the one that goes is suspended, which ends whatever is still its own.
    SuppliersMerged: [advisory_handlers.on_suppliers_merged],
    StatementsChanged: [
        suppliers_handlers.on_statements_changed,
        matchmaking_handlers.on_statements_changed,
    ],
    ReviewRequested: [challenges_handlers.on_review_requested, matchmaking_handlers.on_review_requested],
    ReviewDecided: [challenges_handlers.on_review_decided],
    ChallengePublished: [
        matchmaking_handlers.on_challenge_published,
        consultation_handlers.on_challenge_published,
    ],
    PublicationFailed: [challenges_handlers.on_publication_failed],
    # The places first: the letters ask who has one whether they keep it.
    ChallengeChanged: [
        advisory_handlers.on_challenge_changed,
        matchmaking_handlers.on_challenge_changed,
        digests_handlers.on_challenge_changed,
    ],
    ChallengeEndedEarly: [
        advisory_handlers.on_challenge_ended_early,
        matchmaking_handlers.on_challenge_ended_early,
        digests_handlers.on_challenge_ended_early,
    ],
    RouteChanged: [consultation_handlers.on_route_changed, digests_handlers.on_route_changed],
    # The time to answer first: invitations that are written after all tell it.
    EngagementResumed: [
        matchmaking_handlers.on_engagement_resumed,
        advisory_handlers.on_engagement_resumed,
        digests_handlers.on_engagement_resumed,
    ],
    # Sessions first: they lock the invitations before the sessions, the order that every acceptance keeps.
    ChallengeWithdrawn: [
        advisory_handlers.on_challenge_withdrawn,
        matchmaking_handlers.on_challenge_withdrawn,
        digests_handlers.on_challenge_withdrawn,
    ],
    InvitationTakenBack: [advisory_handlers.on_invitation_taken_back],
    InvitationWithdrawn: [advisory_handlers.on_invitation_withdrawn],
    InterestsChanged: [advisory_handlers.on_interests_changed],
    QuestionAnswered: [digests_handlers.on_question_answered],
    FactReleased: [digests_handlers.on_fact_released],
    SessionPublished: [digests_handlers.on_session_published],
}

DUE: Sequence[due.Source] = (
    challenges_queries.due,
    advisory_queries.due,
    consultation_queries.due,
    interests_queries.due,
    matchmaking_queries.due,
    transparency_queries.due,
)
"""Every room in which something can wait for somebody: for the board, and for the digest of a department."""

BLUEPRINTS = (
    site_views,
    accounts_views,
    challenges_views,
    suppliers_views,
    interests_views,
    matchmaking_views,
    techmap_views,
    advisory_views,
    consultation_views,
    digests_views,
    transparency_views,
    outbox_views,
    admin_views,
)


def wire() -> None:
    """Install the reactions, and what can be due. Every process does this once: web, worker, command line, tests."""
    events.wire(REACTIONS)
    due.wire(DUE)
    openings.wire(advisory_queries.sessions_left, used=[advisory_queries.used_invitations])


def create_app(config: configuration.Config | None = None) -> Flask:
    """Build the application. Raises ``SettingsError`` with one sentence when the configuration is not usable."""
    settings = config or configuration.load()
    settings = replace(settings, secret_key=settings.secret_key or secrets.token_urlsafe(48))
    configure(settings)
    logs.configure()
    app = Flask(
        "engage", root_path=str(Path(__file__).parent), template_folder="../templates", static_folder=None
    )
    app.jinja_environment = templates.PageEnvironment
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="__Host-engage" if settings.production else "engage",
        SESSION_COOKIE_SECURE=settings.production,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        WTF_CSRF_TIME_LIMIT=None,
    )
    if settings.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # how Flask documents wrapping the WSGI callable
            app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies
        )
    if settings.database_url and not _bound():
        db.bind(db.make_engine(settings.database_url))
    wire()
    session.init_app(app)
    auth.init_app(app, accounts.actor_by_token)
    uploads.init_app(app)
    csrf.init_app(app)
    errors.init_app(app)
    limits.init_app(app)
    headers.init_app(app, production=settings.production)
    assets.init_app(app)
    templates.configure_templates(app, theme=settings.theme, demo=settings.demo)
    app.jinja_env.globals.update(page_url=pagination.page_url)
    app.context_processor(lambda: {"actor": access.current_actor(), "settings": settings})
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app


def _bound() -> bool:
    try:
        db.bound_to()
    except AssertionError:
        return False
    return True
