"""Turns input into article versions and commits them with the work that they cause."""
