"""The name under which a supplier is listed, kept beside its profile so that the directory need not look anywhere else.

The database sees to it: whatever changes the name or the state of an organisation changes it in the same moment, and
what is not public has none.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("supplier", sa.Column("listed_name", sa.Text()))
    op.execute(
        "UPDATE supplier SET listed_name = lower(organisation.name) FROM organisation "
        "WHERE organisation.id = supplier.organisation_id AND organisation.state = 'verified'"
    )
    op.execute(
        "CREATE FUNCTION engage_list_supplier() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "NEW.listed_name := (SELECT lower(name) FROM organisation "
        "WHERE id = NEW.organisation_id AND state = 'verified'); "
        "RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER list_supplier BEFORE INSERT OR UPDATE OF organisation_id, listed_name ON supplier "
        "FOR EACH ROW EXECUTE FUNCTION engage_list_supplier()"
    )
    op.execute(
        "CREATE FUNCTION engage_list_organisation() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "UPDATE supplier SET listed_name = NULL WHERE organisation_id = NEW.id; "  # the trigger above writes what is so
        "RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER list_organisation AFTER UPDATE OF name, state ON organisation FOR EACH ROW "
        "WHEN ((OLD.name, OLD.state) IS DISTINCT FROM (NEW.name, NEW.state)) "
        "EXECUTE FUNCTION engage_list_organisation()"
    )
    listed = sa.text("listed_name IS NOT NULL")
    op.create_index("ix_supplier_listed", "supplier", ["listed_name", "id"], postgresql_where=listed)
    op.create_index(
        "ix_supplier_listed_alike",
        "supplier",
        ["listed_name"],
        postgresql_using="gin",
        postgresql_ops={"listed_name": "gin_trgm_ops"},
    )
    op.execute("DROP INDEX ix_organisation_name_order")


def downgrade() -> None:
    op.execute("CREATE INDEX ix_organisation_name_order ON organisation (lower(name), id)")
    op.execute("DROP TRIGGER list_organisation ON organisation")
    op.execute("DROP TRIGGER list_supplier ON supplier")
    op.execute("DROP FUNCTION engage_list_organisation()")
    op.execute("DROP FUNCTION engage_list_supplier()")
    op.drop_column("supplier", "listed_name")
