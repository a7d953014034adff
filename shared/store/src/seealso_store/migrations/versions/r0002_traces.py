"""Traces and heartbeats: what a row was caused by, and that the workers of a step are alive.

Only adds, and only what may be empty: workers of 0001 go on beside those of 0002.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add three columns and a table."""
    op.add_column("ledger", sa.Column("traceparent", sa.Text(), nullable=True))
    op.add_column("delivery", sa.Column("correlation_id", sa.Text(), nullable=True))
    op.add_column("delivery", sa.Column("traceparent", sa.Text(), nullable=True))
    op.create_table(
        "heartbeat",
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("step", name=op.f("pk_heartbeat")),
    )
