"""Reads the article's own JSON keys, and others by a field mapping."""
