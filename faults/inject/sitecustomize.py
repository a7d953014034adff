"""Python imports this before anything else where this folder stands in PYTHONPATH.

The commands of a fleet stay as they are; what an experiment patches in them comes in here.
"""

import os

if os.environ.get("FAULTS_PLAN"):
    from faults import process

    process.apply(os.environ["FAULTS_PLAN"])
