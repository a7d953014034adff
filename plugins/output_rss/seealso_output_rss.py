"""RSS 2.0 items and feeds."""
