"""An article as a page and as a fragment to embed, with schema.org data."""
