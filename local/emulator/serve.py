"""Runs the emulator with Segue's patches; started by start.ts, which sets the environment it needs.

Each patch names the need it serves and asserts on what it replaces: with another ministack it fails here, loudly,
rather than later and quietly.
"""
import os
import signal
import sys
import threading
from importlib.metadata import version

EXPECTED = "1.5.33"
if version("ministack") != EXPECTED:
    sys.exit(f"serve.py patches ministack {EXPECTED}, found {version('ministack')}: re-check local/emulator/patches first")

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from patches import functions, http, limits, reads, redrive, stacks, streams, throttle, workflow, writes  # noqa: E402


def die_with_parent() -> None:
    """A test run that is killed must not leave a server behind: its end of our stdin closes, and the group goes."""
    while os.read(0, 1024):
        pass
    os.killpg(0, signal.SIGKILL)


if os.environ.get("SEGUE_DIE_WITH_PARENT"):
    threading.Thread(target=die_with_parent, daemon=True).start()

for patch in (http, reads, writes, throttle, functions, limits, workflow, redrive, streams, stacks):
    patch.install()

from ministack.app import main  # noqa: E402

main()
