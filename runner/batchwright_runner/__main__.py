"""``python -m batchwright_runner``."""

from batchwright_runner.cli import main

main()
