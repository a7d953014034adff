"""The one schema. Beside each table: the one service that writes it. Everybody may read.

Times are whole microseconds since 1970 (UTC) in BIGINT columns: the same comparison on both
engines, no time-zone surprises. Dates that readers see stay the strings of the article.
JSON is text written by `seealso_sdk.model.Record.to_json` (or json.dumps), bytes are blobs.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# --- the hub -----------------------------------------------------------------------------------

hub = Table(  # written at first start by whoever opens the store first
    "hub",
    metadata,
    Column("name", Text, primary_key=True),  # hub_id, secret (base64), created, purge
    Column("value", Text, nullable=False),
)

api_key = Table(  # ingest
    "api_key",
    metadata,
    Column("hash", Text, primary_key=True),  # SHA-256, hex, of the key
    Column("label", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("revoked", BigInteger),
)

heartbeat = Table(  # each service its own step's: the workers of a step are alive
    "heartbeat",
    metadata,
    Column("step", Text, primary_key=True),  # render, filing, dispatch, clock
    Column("at", BigInteger, nullable=False),
)

# --- articles: ingest --------------------------------------------------------------------------

article = Table(  # ingest
    "article",
    metadata,
    Column("id", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("status", Text, nullable=False),  # published, withdrawn, expired, embargoed
    Column("kind", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("folded", Text, nullable=False),  # seealso_sdk.text.fold(title): what a see-also names
    Column("language", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("external_id", Text),
    Column("canonical_url", Text),
    Column("series_slug", Text),
    Column("series_title", Text),
    Column("content_hash", Text, nullable=False),
    Column("sort_at", BigInteger, nullable=False),  # published, else first seen: newest first
    Column("first_seen", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),  # this version was accepted
    Column("due", BigInteger),  # an embargo ends or the article expires: ingest looks each second
    Column("withdrawn_at", BigInteger),
    Column("withdrawn_reason", Text),
    Column("review_at", BigInteger),  # its review is due: review_by, as a moment
    Index("ix_article_newest", "status", "sort_at", "id"),
    Index("ix_article_series", "series_slug", "sort_at", "id"),
    Index("ix_article_folded", "folded"),
    Index("ix_article_changed", "changed", "id"),
    Index("ix_article_withdrawn", "withdrawn_at"),
    Index("ix_article_due", "due"),
    Index("ix_article_review", "review_at"),
)

identity = Table(  # ingest. Every name that an article goes by: decides what is the same article
    "identity",
    metadata,
    Column("key", Text, primary_key=True),  # "id:<source>:<external id>", "url:<canonical>", "fp:…"
    Column("article_id", Text, nullable=False),
    Index("ix_identity_article", "article_id"),
)

article_version = Table(  # ingest. Append-only
    "article_version",
    metadata,
    Column("article_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    # create, update, correct, withdraw, reinstate, publish, expire
    Column("op", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),  # Article.to_json()
    Column("reason", Text, nullable=False, default=""),
    Column("correlation_id", Text, nullable=False, default=""),
    # JSON {field: where its value was found}; null where nobody said
    Column("provenance", Text),
    PrimaryKeyConstraint("article_id", "version"),
)

article_origin = Table(  # ingest. Every source that an article came from: one article, many origins
    "article_origin",
    metadata,
    Column("article_id", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("external_id", Text),
    Column("url", Text),  # where this source has it
    # 1: the source is at home there: its own place is on the host of the canonical address
    Column("home", Integer, nullable=False, default=0),
    Column("first_seen", BigInteger, nullable=False),
    Column("last_seen", BigInteger, nullable=False),
    PrimaryKeyConstraint("article_id", "source"),
    Index("ix_article_origin_source", "source", "last_seen"),
)

# --- sources: ingest ---------------------------------------------------------------------------

source = Table(  # ingest. What the hub watches by itself, and how the watching goes
    "source",
    metadata,
    Column("name", Text, primary_key=True),  # of the source: half of an article's identity
    Column("plugin", Text, nullable=False),  # name of the source plugin that reads it
    Column("place", Text, nullable=False),  # url, folder
    Column("location", Text, nullable=False),  # the address, or the folder's path
    Column("options", Text, nullable=False, default="{}"),  # JSON {option: value}
    Column("fields", Text, nullable=False, default="{}"),  # JSON {field: where it stands}
    Column("on_gone", Text, nullable=False, default="keep"),  # keep, withdraw, ask
    Column("state", Text, nullable=False, default="active"),  # active, paused
    Column("created", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),
    # One look at a time, as in the ledger: only the holder of the token writes what it found.
    Column("run_at", BigInteger, nullable=False),  # next turn: to look, or for what a list names
    Column("look_at", BigInteger),  # the location itself is looked at from then on; null: now
    Column("lease_until", BigInteger, nullable=False, default=0),
    Column("token", BigInteger, nullable=False, default=0),
    Column("pace", BigInteger, nullable=False, default=0),  # between two looks, as adapted
    Column("failures", Integer, nullable=False, default=0),  # in a row
    Column("error", Text),  # of the last look; null: it went well
    Column("etag", Text),
    Column("last_modified", Text),
    Column("digest", Text),  # SHA-256, hex, of the last bytes: the same again is not read again
    Column("looked", BigInteger),  # the last look
    Column("succeeded", BigInteger),  # the last one that went well
    Column("renewed", BigInteger),  # the last one that brought something new
    Column("items", Integer, nullable=False, default=0),  # pieces in the last full answer
    Index("ix_source_due", "state", "run_at"),
)

source_item = Table(  # ingest. What a source's list names: a page of a sitemap, a file of a folder
    "source_item",
    metadata,
    Column("source", Text, nullable=False),
    Column("key", Text, nullable=False),  # address, path below the folder, or external id
    Column("article_id", Text),
    Column("state", Text, nullable=False),  # waiting, read, failed, gone
    Column("modified", Text),  # what the list said of its last change
    Column("digest", Text),  # SHA-256, hex, of its bytes when it was read
    Column("etag", Text),
    Column("last_modified", Text),
    Column("run_at", BigInteger, nullable=False),
    Column("failures", Integer, nullable=False, default=0),
    Column("error", Text),
    Column("seen", BigInteger, nullable=False),  # the list last named it
    Column("gone", BigInteger),  # since when it doesn't
    Column("rel", Text),  # list: it names items itself; null: an item
    Column("parent", Text),  # key of the list that names it; null: the source's own answer
    Column("depth", Integer),  # lists between it and the source's own answer
    PrimaryKeyConstraint("source", "key"),
    Index("ix_source_item_due", "source", "state", "run_at"),
    Index("ix_source_item_article", "article_id"),
)

websub = Table(  # ingest. A subscription to a feed's hub (WebSub): wakes the source, else it polls
    "websub",
    metadata,
    Column("source", Text, primary_key=True),
    Column("topic", Text, nullable=False),
    Column("hub", Text, nullable=False),
    Column("callback", Text, nullable=False, unique=True),  # random, the end of the callback's path
    Column("secret", Text, nullable=False),  # of the signature
    Column("state", Text, nullable=False),  # asked, active, denied, left
    Column("lease_until", BigInteger, nullable=False, default=0),
    Column("run_at", BigInteger, nullable=False),  # ask (again) not before
    Column("failures", Integer, nullable=False, default=0),
    Column("error", Text),
    Column("changed", BigInteger, nullable=False),
    Index("ix_websub_due", "state", "run_at"),
)

finding = Table(  # ingest. What is wrong with a source, in one typed sentence each
    "finding",
    metadata,
    Column("source", Text, nullable=False),
    Column("code", Text, nullable=False),  # unreachable, stale, shrinking, empty, unextractable
    Column("detail", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),  # last seen
    Column("ignored", BigInteger),  # an operator has said that it is no matter
    PrimaryKeyConstraint("source", "code"),
)

rejected = Table(
    # ingest. Input that could not go in, kept (bounded) until it is retried, dropped or too old
    "rejected",
    metadata,
    Column("id", Text, primary_key=True),  # of the digest: what comes in twice is one row
    Column("source", Text, nullable=False),
    Column("since", BigInteger, nullable=False),  # it first came in
    Column("at", BigInteger, nullable=False),  # it last came in
    Column("times", Integer, nullable=False, default=1),  # it came in so often
    Column("code", Text, nullable=False),
    Column("field", Text),
    Column("detail", Text, nullable=False),
    Column("remedy", Text),
    Column("part", Integer),  # where the data is a document of several pieces: which one, from 0
    Column("line", Integer),
    Column("media_type", Text, nullable=False),
    Column("charset", Text),
    Column("url", Text),
    Column("filename", Text),
    Column("digest", Text, nullable=False),  # SHA-256, hex, of source, media type and data
    Column("size", Integer, nullable=False),  # bytes of what came in
    Column("held", Integer, nullable=False, default=0),  # bytes of `data`
    Column("tries", Integer, nullable=False, default=0),  # again, by an operator
    Column("correlation_id", Text, nullable=False, default=""),
    # Last: SQLite reads the columns before it without it. Null where it was too large to keep.
    Column("data", LargeBinary),
    Index("ix_rejected_at", "at", "id", "held"),
    Index("ix_rejected_code", "code", "at"),
    Index("ix_rejected_source", "source", "at"),
)

# --- the ledger --------------------------------------------------------------------------------

ledger = Table(
    # ingest opens rows in the commit of the version; from there on a row belongs to the service
    # that claims it: render, and for the output "filing" feeds.
    "ledger",
    metadata,
    Column("article_id", Text, nullable=False),
    Column("output", Text, nullable=False),
    Column("wanted", Integer, nullable=False),  # version
    Column("settled", Integer, nullable=False, default=0),  # version; 0: none yet
    Column("state", Text, nullable=False),  # waiting, leased, settled, dead
    Column("lane", Integer, nullable=False, default=1),  # 0 withdraw/correct, 1 new, 2 back-fill
    Column("run_at", BigInteger, nullable=False),  # not before
    Column("lease_until", BigInteger, nullable=False, default=0),
    Column("token", BigInteger, nullable=False, default=0),  # raised by every claim: the fence
    Column("attempts", Integer, nullable=False, default=0),  # for `wanted`
    Column("error", Text),
    Column("correlation_id", Text, nullable=False, default=""),
    Column("traceparent", Text),  # of the request that wanted this version (W3C Trace Context)
    Column("updated", BigInteger, nullable=False),
    PrimaryKeyConstraint("article_id", "output"),
    Index("ix_ledger_due", "output", "state", "lane", "run_at"),
)

output = Table(  # render: what is installed, its state, and why
    "output",
    metadata,
    Column("name", Text, primary_key=True),
    Column("status", Text, nullable=False),  # enabled, failed, disabled, missing
    Column("reason", Text, nullable=False, default=""),
    Column("version", Text, nullable=False, default=""),
    Column("meta", Text, nullable=False, default="{}"),  # OutputMeta.to_json()
    Column("updated", BigInteger, nullable=False),
)

rendition = Table(  # render; ingest deletes those of a withdrawn article, in the same commit
    "rendition",
    metadata,
    Column("article_id", Text, nullable=False),
    Column("output", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("plugin_version", Text, nullable=False),
    Column("hash", Text, nullable=False),  # SHA-256, hex, of body and parts
    Column("body", LargeBinary, nullable=False),
    Column("parts", LargeBinary),  # JSON {name: base64}, null where there are none
    Column("size", Integer, nullable=False),
    Column("created", BigInteger, nullable=False),
    PrimaryKeyConstraint("article_id", "output"),
)

# --- topics, filing, relations: feeds ----------------------------------------------------------

topic = Table(  # feeds
    "topic",
    metadata,
    Column("slug", Text, primary_key=True),
    Column("label", Text, nullable=False),
    Column("description", Text, nullable=False, default=""),
    Column("synonyms", Text, nullable=False, default="[]"),  # JSON list
    Column("origin", Text, nullable=False),  # import, article, ghost
    Column("uri", Text),  # of the concept in an imported vocabulary
    Column("language", Text, nullable=False, default=""),
    Column("created", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),
)

topic_name = Table(  # feeds. Every name of a topic, as a slug: labels and synonyms
    "topic_name",
    metadata,
    Column("name", Text, primary_key=True),  # slugify(label or synonym)
    Column("slug", Text, nullable=False),
    Index("ix_topic_name_slug", "slug"),
)

topic_word = Table(  # feeds. Stems of a topic's names: lexical neighbours by one query
    "topic_word",
    metadata,
    Column("word", Text, nullable=False),
    Column("slug", Text, nullable=False),
    PrimaryKeyConstraint("word", "slug"),
    Index("ix_topic_word_slug", "slug"),
)

topic_relation = Table(  # feeds. Imported: broader, related (SKOS)
    "topic_relation",
    metadata,
    Column("slug", Text, nullable=False),
    Column("other", Text, nullable=False),
    Column("relation", Text, nullable=False),  # broader, narrower, related
    PrimaryKeyConstraint("slug", "other", "relation"),
)

filing = Table(  # feeds
    "filing",
    metadata,
    Column("slug", Text, nullable=False),
    Column("article_id", Text, nullable=False),
    Column("origin", Text, nullable=False),  # editorial, derived, see-also, withdrawn, left
    Column("score", Float, nullable=False),
    Column("reason", Text, nullable=False),
    Column("sort_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("slug", "article_id"),
    Index("ix_filing_feed", "slug", "origin", "sort_at", "article_id"),
    Index("ix_filing_article", "article_id"),
)

see_also = Table(  # feeds. The editor's related titles of the version that is filed
    "see_also",
    metadata,
    Column("article_id", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("slug", Text, nullable=False),  # slugify(title), "" for a bare reference
    Column("url", Text),
    Column("kind", Text),
    Column("ref", Text),  # identity key of the target, where the source links by id
    Column("target_id", Text),  # the article, once it is known
    PrimaryKeyConstraint("article_id", "position"),
    Index("ix_see_also_slug", "slug"),
    Index("ix_see_also_ref", "ref"),
    Index("ix_see_also_target", "target_id"),
)

placement = Table(  # feeds. What a feed item says besides its rendition; changes without a version
    "placement",
    metadata,
    Column("article_id", Text, primary_key=True),
    Column("version", Integer, nullable=False),  # of the article that was filed
    Column("categories", Text, nullable=False),  # JSON list of Filing
    Column("related", Text, nullable=False),  # JSON list of Link: resolved see-also, at most 10
    Column("hash", Text, nullable=False),  # of the two
    Column("updated", BigInteger, nullable=False),
)

term = Table(  # feeds. The most telling words of an article: neighbours by text in one query
    "term",
    metadata,
    Column("word", Text, nullable=False),
    Column("article_id", Text, nullable=False),
    Column("weight", Float, nullable=False),
    PrimaryKeyConstraint("word", "article_id"),
    Index("ix_term_article", "article_id"),
)

# --- partners: feeds ---------------------------------------------------------------------------

partner = Table(  # feeds
    "partner",
    metadata,
    Column("id", Text, primary_key=True),  # slug of the name
    Column("name", Text, nullable=False),
    Column("url", Text),
    Column("created", BigInteger, nullable=False),
)

channel = Table(  # feeds
    "channel",
    metadata,
    Column("id", Text, primary_key=True),
    Column("partner_id", Text, nullable=False),
    Column("secret_hash", Text, nullable=False, unique=True),  # SHA-256, hex
    Column("title", Text, nullable=False),
    Column("topics", Text, nullable=False),  # JSON list of slugs
    Column("related", Integer, nullable=False, default=0),  # also the related topics' articles
    Column("language", Text),
    Column("outputs", Text, nullable=False, default="[]"),  # JSON list of extensions; []: all
    Column("max_items", Integer, nullable=False, default=50),
    Column("created", BigInteger, nullable=False),
    Column("revoked", BigInteger),
    Index("ix_channel_partner", "partner_id"),
)

feed_read = (
    Table(  # feeds. When a channel was last read, in each output: whom a withdrawal has reached
        "feed_read",
        metadata,
        Column("channel_id", Text, nullable=False),
        Column("output", Text, nullable=False),  # extension
        Column("last", BigInteger, nullable=False),
        PrimaryKeyConstraint("channel_id", "output"),
    )
)

# --- newsletters: dispatch ---------------------------------------------------------------------

subscriber = Table(  # dispatch
    "subscriber",
    metadata,
    Column("id", Text, primary_key=True),  # random
    Column("email", Text, nullable=False, unique=True),  # normalised
    Column("created", BigInteger, nullable=False),
)

subscription = Table(  # dispatch
    "subscription",
    metadata,
    Column("subscriber_id", Text, nullable=False),
    Column("slug", Text, nullable=False),  # topic
    Column("state", Text, nullable=False),  # pending, confirmed, left
    Column("frequency", Text, nullable=False, default="digest"),
    Column("asked", BigInteger, nullable=False),
    Column("confirmed", BigInteger),
    Column("left", BigInteger),
    PrimaryKeyConstraint("subscriber_id", "slug"),
    Index("ix_subscription_slug", "slug", "state"),
)

consent = Table(  # dispatch. Evidence, append-only
    "consent",
    metadata,
    Column("id", Text, primary_key=True),
    Column("subscriber_id", Text, nullable=False),
    Column("slug", Text, nullable=False),
    Column("wording", Text, nullable=False),  # the sentence beside the button, as shown
    Column("privacy", Text, nullable=False),  # the privacy text, as shown
    Column("page", Text, nullable=False),  # URL of the page that had the form
    Column("asked", BigInteger, nullable=False),
    Column("confirmed", BigInteger),
    Column("expires", BigInteger, nullable=False),
    Index("ix_consent_subscriber", "subscriber_id", "slug"),
)

suppression = Table(  # dispatch. Never mail again, whatever else is said
    "suppression",
    metadata,
    Column("email_hash", Text, primary_key=True),  # keyed: survives erasure
    Column("reason", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)

issue = Table(  # dispatch
    "issue",
    metadata,
    Column("id", Text, primary_key=True),
    Column("slug", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("subject", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("state", Text, nullable=False),  # sending, sent
    Column("language", Text, nullable=False),
    UniqueConstraint("slug", "number"),
)

issue_article = Table(  # dispatch. What a topic's newsletter has had
    "issue_article",
    metadata,
    Column("issue_id", Text, nullable=False),
    Column("article_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    PrimaryKeyConstraint("issue_id", "article_id"),
    Index("ix_issue_article_article", "article_id"),
)

delivery = Table(
    # dispatch. One row a reader and issue; a ledger like the other. A confirmation mail is a
    # delivery too: of the issue "confirm:<consent id>".
    "delivery",
    metadata,
    Column("issue_id", Text, nullable=False),
    Column("subscriber_id", Text, nullable=False),
    Column(
        "state", Text, nullable=False
    ),  # waiting, leased, sending, sent, uncertain, dropped, dead
    Column("run_at", BigInteger, nullable=False),
    Column("lease_until", BigInteger, nullable=False, default=0),
    Column("token", BigInteger, nullable=False, default=0),
    Column("attempts", Integer, nullable=False, default=0),
    Column("message_id", Text, nullable=False),  # the same on every try
    Column("correlation_id", Text),  # of the request that caused it: a sign-up, a sending
    Column("traceparent", Text),
    Column("error", Text),
    Column("updated", BigInteger, nullable=False),
    PrimaryKeyConstraint("issue_id", "subscriber_id"),
    Index("ix_delivery_due", "state", "run_at"),
    Index("ix_delivery_subscriber", "subscriber_id"),
)
