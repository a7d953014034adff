"""The `seealso` command, and the whole line on one machine.

cli ──> commands/<noun> ──> client ──HTTP──> a running hub
    └─> up ──> worker threads (render, filing, dispatch)
           └─> web child (wsgi: every service's pages and API in one application)
"""

__version__ = "0.1.0"
