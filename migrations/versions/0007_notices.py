"""Notices: what they say beyond the challenge, what Find a Tender published, and what belongs together."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ocid", sa.Text(), nullable=False),
        sa.Column("release_id", sa.Text(), nullable=False),
        sa.Column("date", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("notice_type", sa.Text(), nullable=False),
        sa.Column("document_type", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("buyer_name", sa.Text(), nullable=False),
        sa.Column("buyer_key", sa.Text(), nullable=False),
        sa.Column("buyer_ids", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("cpv", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("suppliers", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("related", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("ocid", "release_id", name=op.f("uq_notice_ocid_release_id")),
    )
    op.create_index("ix_notice_buyer_ids", "notice", ["buyer_ids"], unique=False, postgresql_using="gin")
    op.create_index("ix_notice_buyer_key", "notice", ["buyer_key", "date"], unique=False)
    op.create_index("ix_notice_related", "notice", ["related"], unique=False, postgresql_using="gin")
    op.create_table(
        "buyer_details",
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("ppon", sa.Text(), nullable=False),
        sa.Column("street", sa.Text(), nullable=False),
        sa.Column("locality", sa.Text(), nullable=False),
        sa.Column("postal_code", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("website", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "publicAuthorityCentralGovernment",
                "publicAuthoritySubCentralGovernment",
                "publicUndertaking",
                "privateUtility",
                "other",
                name="authoritytype",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "devolved",
            sa.Enum(
                "GB-NIR",
                "GB-SCT",
                "GB-WLS",
                name="devolved",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "ppon = '' OR ppon ~ '^[A-Z]{4}-[0-9]{4}-[A-Z]{4}$'", name=op.f("ck_buyer_details_ppon_form")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_buyer_details_organisation_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["person.id"], name=op.f("fk_buyer_details_updated_by_id_person")
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_buyer_details")),
    )
    op.create_table(
        "notice_details",
        sa.Column("challenge_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "category",
            sa.Enum(
                "goods",
                "services",
                "works",
                name="category",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("cpv", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("regions", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("abroad", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("quantity", sa.Text(), nullable=False),
        sa.Column("value_net", sa.BigInteger(), nullable=True),
        sa.Column("value_gross", sa.BigInteger(), nullable=True),
        sa.Column("above_threshold", sa.Boolean(), nullable=True),
        sa.Column("tender_notice_on", sa.Date(), nullable=True),
        sa.Column("not_known", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=True),
        sa.Column("closes_on", sa.Date(), nullable=True),
        sa.Column("engagement_process", sa.Text(), nullable=False),
        sa.Column("languages", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("sme", sa.Boolean(), nullable=True),
        sa.Column("vcse", sa.Boolean(), nullable=True),
        sa.Column("contact_name", sa.Text(), nullable=False),
        sa.Column("contact_email", sa.Text(), nullable=False),
        sa.Column("contact_telephone", sa.Text(), nullable=False),
        sa.Column("contact_address", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "languages <@ ARRAY['en', 'cy']::text[]", name=op.f("ck_notice_details_known_languages")
        ),
        sa.CheckConstraint(
            "not_known <@ ARRAY['category', 'kinds', 'how', 'when', 'amount', 'cpv', 'place']::text[]",
            name=op.f("ck_notice_details_known_subjects"),
        ),
        sa.CheckConstraint("closes_on >= opens_on", name=op.f("ck_notice_details_closes_after_opening")),
        sa.CheckConstraint("ends_on > starts_on", name=op.f("ck_notice_details_ends_after_start")),
        sa.CheckConstraint(
            "starts_on > tender_notice_on", name=op.f("ck_notice_details_starts_after_tender")
        ),
        sa.CheckConstraint(
            "value_net >= 0 AND value_gross >= value_net", name=op.f("ck_notice_details_value_in_order")
        ),
        sa.ForeignKeyConstraint(
            ["challenge_id"], ["challenge.id"], name=op.f("fk_notice_details_challenge_id_challenge")
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["person.id"], name=op.f("fk_notice_details_updated_by_id_person")
        ),
        sa.PrimaryKeyConstraint("challenge_id", name=op.f("pk_notice_details")),
    )
    op.create_table(
        "notice_link",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("challenge_id", sa.BigInteger(), nullable=False),
        sa.Column("ocid", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "proposed",
                "confirmed",
                "rejected",
                name="linkstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("reasons", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "ocid ~ '^ocds-[a-z0-9]{6}-[^[:space:]]+$'", name=op.f("ck_notice_link_ocid_form")
        ),
        sa.CheckConstraint(
            "state = 'proposed' OR (decided_at IS NOT NULL AND decided_by_id IS NOT NULL)",
            name=op.f("ck_notice_link_decided_by_somebody"),
        ),
        sa.ForeignKeyConstraint(
            ["challenge_id"], ["challenge.id"], name=op.f("fk_notice_link_challenge_id_challenge")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["person.id"], name=op.f("fk_notice_link_decided_by_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_link")),
        sa.UniqueConstraint("challenge_id", "ocid", name=op.f("uq_notice_link_challenge_id_ocid")),
    )
    op.create_index(op.f("ix_notice_link_ocid"), "notice_link", ["ocid"], unique=False)
    op.create_table(
        "notice_party",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("challenge_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "part",
            sa.Enum("joint", "agent", name="partypart", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("ppon", sa.Text(), nullable=False),
        sa.Column("street", sa.Text(), nullable=False),
        sa.Column("locality", sa.Text(), nullable=False),
        sa.Column("postal_code", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "ppon = '' OR ppon ~ '^[A-Z]{4}-[0-9]{4}-[A-Z]{4}$'", name=op.f("ck_notice_party_ppon_form")
        ),
        sa.ForeignKeyConstraint(
            ["challenge_id"], ["challenge.id"], name=op.f("fk_notice_party_challenge_id_challenge")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_party")),
    )
    op.create_index(op.f("ix_notice_party_challenge_id"), "notice_party", ["challenge_id"], unique=False)


def downgrade() -> None:
    for table in ("notice_party", "notice_link", "notice_details", "buyer_details", "notice"):
        op.drop_table(table)
