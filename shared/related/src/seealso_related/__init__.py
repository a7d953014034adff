"""Text to topics, related topics and related articles. Pure: no web, no database."""
