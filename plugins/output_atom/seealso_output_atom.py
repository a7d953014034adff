"""Atom (RFC 4287) entries and feeds."""
