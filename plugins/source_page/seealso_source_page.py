"""Reads an HTML page."""
