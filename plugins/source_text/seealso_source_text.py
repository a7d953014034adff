"""Reads a plain-text capture of a page."""
