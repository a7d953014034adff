"""Sends records to the Celery reference: ``python -m bench.celery_send COUNT SEED``."""

from __future__ import annotations

import sys

from bench.celery_tasks import ingest
from bench.stages import records

if __name__ == "__main__":
    count, seed = int(sys.argv[1]), int(sys.argv[2])
    for record in records(count, seed=seed):
        ingest.delay(record.decode())
