"""``python -m batchwright_runner``, and the command ``batchwright``."""

from batchwright_runner import early


def main() -> None:
    """Runs the command and exits with its code. Loading it takes a moment, in which Ctrl-C may come."""
    early.listen()
    from batchwright_runner import cli

    cli.main()


if __name__ == "__main__":
    main()
