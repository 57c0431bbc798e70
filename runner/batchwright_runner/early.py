"""Ctrl-C while the command is still loading: a line and 130, as later, and no traceback. It loads little itself."""

import os
import signal

SAID = b"batchwright: exit 130: stopped on SIGINT\n"


def _leave(_number: int, _frame: object) -> None:
    try:
        os.write(2, SAID)
    finally:  # stderr may be closed
        os._exit(130)


def listen() -> None:
    """From now on SIGINT ends the process at once, unless it is ignored, as below nohup."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)


def over() -> None:
    """From now on SIGINT is Python's `KeyboardInterrupt` again."""
    if signal.getsignal(signal.SIGINT) is _leave:
        signal.signal(signal.SIGINT, signal.default_int_handler)
