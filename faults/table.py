"""Every experiment there is, in the order in which they run."""

from __future__ import annotations

from faults import backlog, clocks, files, guests, kills, order, releases, servers
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
    Experiment("F9", "the disk is full, and then is not", files.disk_full),
    Experiment("F10", "every third fsync fails", files.failing_fsync, ONE),
    Experiment("F11", "the database's files are damaged", files.damaged, ONE),
    Experiment("F12", "the clock jumps three days on and back", clocks.jumps),
    Experiment(
        "F17",
        "histories shuffled: no resurrection, no older over newer",
        order.shuffled_histories,
        short=TWO,
    ),
    Experiment("F18", "withdrawals overtake 1,000 renders while workers die", backlog.overtaking),
    Experiment("F19", "what left a partner's list is taken back there too", backlog.out_of_sight),
    Experiment("F20", "tombstones wait 90 days for who never asks", backlog.never_asked, ONE),
    Experiment("F21", "plugins that spin, crash, flood and fork", guests.hostile_plugins),
    Experiment("F22", "plugins that return what is no rendition", guests.nonsense),
    Experiment("F23", "poison among a hundred articles of a feed", guests.poison),
    Experiment("F26", "processes of two releases on one database", releases.two_releases),
    Experiment("F27", "a back-up under load, restored elsewhere", releases.backup),
)
