"""How templates are found and rendered: loaders, strictness, filters, names that every template may use."""

from __future__ import annotations

from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from flask import Flask, current_app
from flask.templating import DispatchingJinjaLoader
from flask.templating import Environment as FlaskEnvironment
from flask_wtf.csrf import generate_csrf
from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
    Template,
    TemplateNotFound,
    Undefined,
)

from engage.http import assets, filters, navigation, pagination
from engage.http.errorlist import error_list


class PageEnvironment(FlaskEnvironment):
    """An environment whose templates share one dictionary of globals; no template of ours brings its own.

    Jinja puts a chain of two before each template and goes through all its names with every import of a macro:
    that was a sixth of the time of a page and more.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the globals of a template that is loaded: the environment's, unless it has some of its own."""
        return self.globals if d is None or d is self.globals else super().make_globals(d)


class ComponentLoader(BaseLoader):
    """Loads the component macros into an environment of their own, where a missing option is simply empty.

    They are ported from a language with that rule; in our own templates a misspelt name raises.
    """

    def __init__(self, environment: Environment) -> None:
        prefixed = PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")})
        self.lenient = environment.overlay(undefined=Undefined, loader=prefixed)

    def load(
        self, _environment: Environment, name: str, shared: MutableMapping[str, Any] | None = None
    ) -> Template:
        """Return the macros of one component; the environment of the page that asks is not theirs."""
        if not name.startswith("govuk_frontend_jinja/"):
            raise TemplateNotFound(name)
        return self.lenient.get_template(name, globals=shared)


def configure_templates(app: Flask, *, theme: str = "neutral", demo: bool = False) -> None:
    """Set up ``app`` for rendering: call once, before the first page, in any order with other extensions.

    ``govuk_frontend_jinja/…`` finds the component macros, anything else is in ``app.template_folder``.
    """
    environment = app.jinja_env
    environment.undefined = StrictUndefined
    environment.trim_blocks = True
    environment.lstrip_blocks = True
    environment.loader = ChoiceLoader([ComponentLoader(environment), DispatchingJinjaLoader(app)])
    filters.init_app(app)
    environment.globals.update(
        account_links=navigation.account_links,
        address=navigation.address,
        asset_url=assets.asset_url,
        csrf_token=generate_csrf,
        demo=demo,
        error_list=error_list,
        footer_links=navigation.footer_links,
        main_links=navigation.main_links,
        page_url=pagination.page_url,
        plural=filters.plural,
        theme=theme,
    )


def compile_pages(app: Flask) -> None:
    """Compile the template of every page, so that nobody who opens one first waits for that."""
    folder = Path(app.root_path, app.template_folder or "templates")
    for path in folder.rglob("[!.]*.*"):
        name = path.relative_to(folder).as_posix()
        # Letters have another environment (``outbox.service.compile_letters``); what editors leave behind is nothing.
        if path.suffix in {".html", ".txt", ".xml"} and not name.startswith("mail/"):
            app.jinja_env.get_template(name)


def render_bare(name: str, **values: object) -> str:
    """Render a template without context processors: it works when the database or the session does not.

    The layout shows such a page as to a visitor.
    """
    return current_app.jinja_env.get_template(name).render(bare=True, actor=None, **values)
