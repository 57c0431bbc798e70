"""The server as a process: ``python -m tests.fake_aws [--speed FACTOR]``, from the repository's root.

The first line on stdout is its address. It ends when its stdin does, so that it never outlives who started it. What to
deploy and what to break is posted to ``/_control`` (`tests.fake_aws.control`).
"""

import argparse
import sys

from tests.fake_aws.control import Control
from tests.fake_aws.server import AwsServer


def main() -> None:
    """Serves until stdin is closed."""
    options = argparse.ArgumentParser(prog="python -m tests.fake_aws")
    options.add_argument("--speed", type=float, default=1.0, help="run scripts so many times faster")
    with AwsServer(speed=options.parse_args().speed) as server:
        server.dispatcher.control = Control(server).respond
        print(server.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
