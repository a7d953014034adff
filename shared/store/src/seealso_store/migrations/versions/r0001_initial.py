"""The first schema: all tables as seealso 0.1 has them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table."""
    _create_api_key()
    _create_article()
    _create_article_version()
    _create_channel()
    _create_consent()
    _create_delivery()
    _create_filing()
    _create_hub()
    _create_identity()
    _create_issue()
    _create_issue_article()
    _create_ledger()
    _create_output()
    _create_partner()
    _create_placement()
    _create_rendition()
    _create_see_also()
    _create_subscriber()
    _create_subscription()
    _create_suppression()
    _create_term()
    _create_topic()
    _create_topic_name()
    _create_topic_relation()
    _create_topic_word()


def _create_api_key() -> None:
    op.create_table(
        "api_key",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("revoked", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_api_key")),
    )


def _create_article() -> None:
    op.create_table(
        "article",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("canonical_url", sa.Text(), nullable=True),
        sa.Column("series_slug", sa.Text(), nullable=True),
        sa.Column("series_title", sa.Text(), nullable=True),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("sort_at", sa.BigInteger(), nullable=False),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article")),
    )
    op.create_index("ix_article_changed", "article", ["changed", "id"], unique=False)
    op.create_index("ix_article_due", "article", ["due"], unique=False)
    op.create_index("ix_article_folded", "article", ["folded"], unique=False)
    op.create_index("ix_article_newest", "article", ["status", "sort_at", "id"], unique=False)
    op.create_index("ix_article_series", "article", ["series_slug", "sort_at", "id"], unique=False)
    op.create_index("ix_article_withdrawn", "article", ["withdrawn_at"], unique=False)


def _create_article_version() -> None:
    op.create_table(
        "article_version",
        sa.Column("article_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("op", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("article_id", "version", name=op.f("pk_article_version")),
    )


def _create_channel() -> None:
    op.create_table(
        "channel",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("partner_id", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("topics", sa.Text(), nullable=False),
        sa.Column("related", sa.Integer(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("outputs", sa.Text(), nullable=False),
        sa.Column("max_items", sa.Integer(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("revoked", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_channel_secret_hash")),
    )
    op.create_index("ix_channel_partner", "channel", ["partner_id"], unique=False)


def _create_consent() -> None:
    op.create_table(
        "consent",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("subscriber_id", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("privacy", sa.Text(), nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("asked", sa.BigInteger(), nullable=False),
        sa.Column("confirmed", sa.BigInteger(), nullable=True),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index("ix_consent_subscriber", "consent", ["subscriber_id", "slug"], unique=False)


def _create_delivery() -> None:
    op.create_table(
        "delivery",
        sa.Column("issue_id", sa.Text(), nullable=False),
        sa.Column("subscriber_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("run_at", sa.BigInteger(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("issue_id", "subscriber_id", name=op.f("pk_delivery")),
    )
    op.create_index("ix_delivery_due", "delivery", ["state", "run_at"], unique=False)
    op.create_index("ix_delivery_subscriber", "delivery", ["subscriber_id"], unique=False)


def _create_filing() -> None:
    op.create_table(
        "filing",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("article_id", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("sort_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("slug", "article_id", name=op.f("pk_filing")),
    )
    op.create_index("ix_filing_article", "filing", ["article_id"], unique=False)
    op.create_index(
        "ix_filing_feed", "filing", ["slug", "origin", "sort_at", "article_id"], unique=False
    )


def _create_hub() -> None:
    op.create_table(
        "hub",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_hub")),
    )


def _create_identity() -> None:
    op.create_table(
        "identity",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("article_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_identity")),
    )
    op.create_index("ix_identity_article", "identity", ["article_id"], unique=False)


def _create_issue() -> None:
    op.create_table(
        "issue",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue")),
        sa.UniqueConstraint("slug", "number", name=op.f("uq_issue_slug_number")),
    )


def _create_issue_article() -> None:
    op.create_table(
        "issue_article",
        sa.Column("issue_id", sa.Text(), nullable=False),
        sa.Column("article_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("issue_id", "article_id", name=op.f("pk_issue_article")),
    )
    op.create_index("ix_issue_article_article", "issue_article", ["article_id"], unique=False)


def _create_ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("article_id", sa.Text(), nullable=False),
        sa.Column("output", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("settled", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("lane", sa.Integer(), nullable=False),
        sa.Column("run_at", sa.BigInteger(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("article_id", "output", name=op.f("pk_ledger")),
    )
    op.create_index("ix_ledger_due", "ledger", ["output", "state", "lane", "run_at"], unique=False)


def _create_output() -> None:
    op.create_table(
        "output",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("meta", sa.Text(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_output")),
    )


def _create_partner() -> None:
    op.create_table(
        "partner",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner")),
    )


def _create_placement() -> None:
    op.create_table(
        "placement",
        sa.Column("article_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("categories", sa.Text(), nullable=False),
        sa.Column("related", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_placement")),
    )


def _create_rendition() -> None:
    op.create_table(
        "rendition",
        sa.Column("article_id", sa.Text(), nullable=False),
        sa.Column("output", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("plugin_version", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("parts", sa.LargeBinary(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("article_id", "output", name=op.f("pk_rendition")),
    )


def _create_see_also() -> None:
    op.create_table(
        "see_also",
        sa.Column("article_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("ref", sa.Text(), nullable=True),
        sa.Column("target_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("article_id", "position", name=op.f("pk_see_also")),
    )
    op.create_index("ix_see_also_ref", "see_also", ["ref"], unique=False)
    op.create_index("ix_see_also_slug", "see_also", ["slug"], unique=False)
    op.create_index("ix_see_also_target", "see_also", ["target_id"], unique=False)


def _create_subscriber() -> None:
    op.create_table(
        "subscriber",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriber")),
        sa.UniqueConstraint("email", name=op.f("uq_subscriber_email")),
    )


def _create_subscription() -> None:
    op.create_table(
        "subscription",
        sa.Column("subscriber_id", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("frequency", sa.Text(), nullable=False),
        sa.Column("asked", sa.BigInteger(), nullable=False),
        sa.Column("confirmed", sa.BigInteger(), nullable=True),
        sa.Column("left", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("subscriber_id", "slug", name=op.f("pk_subscription")),
    )
    op.create_index("ix_subscription_slug", "subscription", ["slug", "state"], unique=False)


def _create_suppression() -> None:
    op.create_table(
        "suppression",
        sa.Column("email_hash", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("email_hash", name=op.f("pk_suppression")),
    )


def _create_term() -> None:
    op.create_table(
        "term",
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("article_id", sa.Text(), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("word", "article_id", name=op.f("pk_term")),
    )
    op.create_index("ix_term_article", "term", ["article_id"], unique=False)


def _create_topic() -> None:
    op.create_table(
        "topic",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("synonyms", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("uri", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_topic")),
    )


def _create_topic_name() -> None:
    op.create_table(
        "topic_name",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_topic_name")),
    )
    op.create_index("ix_topic_name_slug", "topic_name", ["slug"], unique=False)


def _create_topic_relation() -> None:
    op.create_table(
        "topic_relation",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("other", sa.Text(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("slug", "other", "relation", name=op.f("pk_topic_relation")),
    )


def _create_topic_word() -> None:
    op.create_table(
        "topic_word",
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("word", "slug", name=op.f("pk_topic_word")),
    )
    op.create_index("ix_topic_word_slug", "topic_word", ["slug"], unique=False)
