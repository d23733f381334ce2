"""The Flask kit: request session, access decorators, forms, templates, error pages. No domain rule lives here."""
