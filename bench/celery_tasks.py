"""The same stages as Celery tasks, the way that a Celery user writes them: the reference.

    ingest(record) -> one commit (version and state) -> six render(article, output) tasks
    render -> read the version, render, one commit

Late acknowledgement and persistent messages, so that a killed worker loses nothing; results are not
kept; a prefork pool of as many processes as the machine has cores. It does less than the line: no
leases, no back-off, no filing under topics, no isolation of plugins.
"""

from __future__ import annotations

import os

from celery import Celery
from celery.signals import worker_process_init
from kombu import Queue
from seealso_sdk.model import Article
from seealso_sdk.plugin import Context, Output, Source
from seealso_store import articles, renditions
from seealso_store.clock import now
from seealso_store.database import Database, open_database
from seealso_store.renditions import NewRendition

from bench.stages import OUTPUTS, plugins, take_in

app = Celery("bench", broker=os.environ.get("BENCH_BROKER_URL", "memory://"))
app.conf.update(
    task_acks_late=True,
    task_ignore_result=True,
    task_default_queue=os.environ.get("BENCH_QUEUE", "bench"),
    task_queues=[Queue(os.environ.get("BENCH_QUEUE", "bench"), durable=True)],
    worker_prefetch_multiplier=16,
    broker_connection_retry_on_startup=True,
    broker_transport_options=(
        {
            "data_folder_in": os.environ["BENCH_FOLDER"],
            "data_folder_out": os.environ["BENCH_FOLDER"],
            "control_folder": os.environ["BENCH_FOLDER"] + "/control",
            "polling_interval": 0.02,  # kombu's own is a second
        }
        if "BENCH_FOLDER" in os.environ
        else {}
    ),
)


class _Process:
    """What each worker process opens for itself, once."""

    database: Database
    source: Source
    outputs: dict[str, Output]


@worker_process_init.connect
def _open(**_: object) -> None:
    _Process.database = open_database(os.environ["BENCH_DATABASE_URL"])
    _Process.source, _Process.outputs = plugins()


@app.task(name="bench.ingest")  # type: ignore[untyped-decorator]  # Celery has no types
def ingest(record: str) -> None:
    """Take an article in, then have it rendered."""
    change = take_in(_Process.source, record.encode())
    with _Process.database.write() as tx:
        articles.apply(tx, [change])
    for output in OUTPUTS:
        render.delay(change.article.id, output)


@app.task(name="bench.render")  # type: ignore[untyped-decorator]  # Celery has no types
def render(article_id: str, output: str) -> None:
    """Render one article in one output, and store it."""
    with _Process.database.read() as conn:
        body = articles.current_bodies(conn, [article_id])[article_id]
    made = _Process.outputs[output].render(Article.from_json(body), Context())
    at = now()
    with _Process.database.write() as tx:
        new = NewRendition(article_id, output, 1, "1", made)
        renditions.store_many(tx, [new], {article_id}, output=output, now=at)
