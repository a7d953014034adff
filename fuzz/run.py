"""One target under atheris, in this process: `python -m fuzz.run NAME CORPUS [libFuzzer options]`."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["seealso_sdk", "seealso_ingest"]):
    from fuzz.targets import TARGETS

if __name__ == "__main__":
    name = sys.argv.pop(1)
    call = TARGETS[name].call
    call(TARGETS[name].seeds[0])  # imports the sources, and says at once where nothing works
    for module in [one for one in sys.modules if one.startswith("seealso_source_")]:
        for value in vars(sys.modules[module]).values():
            if getattr(value, "__module__", "") == module and hasattr(value, "__code__"):
                atheris.instrument_func(value)
    atheris.Setup(sys.argv, call)
    atheris.Fuzz()
