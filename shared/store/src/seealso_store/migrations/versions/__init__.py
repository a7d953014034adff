"""One module a revision, each with `upgrade` only: a hub goes forward, a backup goes back."""
