"""Greets whoever the first argument names."""

import os
import platform
import sys
from pathlib import Path


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else "world"
    print(f"{os.environ['GREETING']}, {name}!")
    print(f"Python {platform.python_version()}, process {os.getpid()}, in {Path.cwd()}")
    print(f"environment variables: {', '.join(sorted(os.environ))}")


if __name__ == "__main__":
    main()
