"""The WSGI entry point: ``gunicorn wsgi:app``."""

from sqlalchemy.orm import configure_mappers

from engage.app import create_app

app = create_app()
configure_mappers()  # once, before the web server makes its processes of this one, and not in each at its first request
