"""Turns input into article versions, and commits them with the work that they cause.

Comes in: JSON, NDJSON, pages, plain text and feeds, at POST /api/articles. Goes out: rows of the
ledger, and wakes. Owns: article, identity, article_version, api_key.
"""
