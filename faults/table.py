"""Every experiment there is, in the order in which they run."""

from __future__ import annotations

from faults import backlog, kills, order, servers
from faults.engines import EMBEDDED, PRODUCTION
from faults.frame import Experiment

ONE, TWO = (EMBEDDED,), (PRODUCTION,)

EXPERIMENTS = (
    Experiment(
        "F1", "random kills of every kind of process under load", kills.random_kills, short=TWO
    ),
    Experiment(
        "F2", "a process ends at each point where it commits, publishes or sends", kills.every_point
    ),
    Experiment("F3", "the broker is gone for half a minute", servers.broker_gone, TWO),
    Experiment("F4", "the broker's queues are deleted", servers.queues_gone, TWO),
    Experiment("F5", "every request and every wake comes three times", order.everything_thrice),
    Experiment("F6", "a worker frozen past its lease wakes and goes on", kills.zombie, short=ONE),
    Experiment("F7", "PostgreSQL is killed under load", servers.database_killed, TWO),
    Experiment("F8", "another writer locks the database for ten seconds", servers.locked),
    Experiment(
        "F17",
        "histories shuffled: no resurrection, no older over newer",
        order.shuffled_histories,
        short=TWO,
    ),
    Experiment("F18", "withdrawals overtake 1,000 renders while workers die", backlog.overtaking),
    Experiment("F19", "what left a partner's list is taken back there too", backlog.out_of_sight),
    Experiment("F20", "tombstones wait 90 days for who never asks", backlog.never_asked, ONE),
)
