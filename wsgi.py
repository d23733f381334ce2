"""The WSGI entry point: ``gunicorn wsgi:app``.

With ``--preload`` everything here is done once, before the web server makes its processes of this one, and not in each
of them while the first people wait.
"""

from sqlalchemy.orm import configure_mappers

from engage.app import create_app
from engage.http.templates import compile_pages
from engage.outbox.service import compile_letters

app = create_app()
configure_mappers()
compile_pages(app)
compile_letters()
