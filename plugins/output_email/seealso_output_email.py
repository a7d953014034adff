"""An article as an e-mail, and a digest of many."""
