"""The fault suite: breaks a running hub on purpose, and counts what was lost and what was doubled.

    seed ──> experiment ──> fleet: the real commands, a process each, on one pair of engines
                │              ▲ kill, stop, cut, fill, turn the clock
                ├─> press: a client that sends until it is told 2xx, and keeps a book of that
                └─> oracle: book against database, feeds and mailboxes ──> lost, doubled, verdict

``./dev faults`` runs it; docs/faults.md says what each experiment does and when it is red.
"""
