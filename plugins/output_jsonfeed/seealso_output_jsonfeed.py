"""JSON Feed 1.1 items and feeds."""
