"""Claims ledger rows, has the output plugins render, settles."""
