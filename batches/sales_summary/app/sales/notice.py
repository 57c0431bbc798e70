"""Tells the shops whether the day's sales are summed up; a sample prints what it would send.

Environment variables:
    BATCHWRIGHT_SCHEDULED_DATE: The day.
    BATCHWRIGHT_WORKFLOW_FAILED: The steps that have failed, with spaces between them.
"""

import os


def main() -> None:
    day = os.environ.get("BATCHWRIGHT_SCHEDULED_DATE", "today")
    failed = os.environ.get("BATCHWRIGHT_WORKFLOW_FAILED", "").split()
    sales = [step for step in failed if step.startswith("sales-")]
    print(f"to the shops: the sales of {day} are {'late' if sales else 'ready'}")
    if failed:
        print(f"to finance-systems: failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
