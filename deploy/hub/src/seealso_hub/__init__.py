"""The seealso command, and the whole line on one machine."""
