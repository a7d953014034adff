"""An article as plain text made for reading."""
