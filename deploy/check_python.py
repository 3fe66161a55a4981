"""Refuse early, in plain words, on a Python that is too old or cannot make an environment."""

import sys

if sys.version_info < (3, 11):
    sys.exit(f"Zoeklicht needs Python 3.11 or newer; this is {sys.version.split()[0]}. Try: make run PYTHON=python3.12")
try:
    import ensurepip  # noqa: F401  # Debian ships Python without it, and venv then fails halfway
except ImportError:
    sys.exit("Python's venv is incomplete here. On Debian or Ubuntu: apt-get install python3-venv")
