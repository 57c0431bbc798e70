"""What the functions of a stage have in common, as plain JSON from pure functions: trust, and their log."""

from batchwright.arns import Place
from batchwright.iam.policies import Document, Statement, allow, trust

LAMBDA = "lambda.amazonaws.com"


def function_trust() -> Document:
    """Trust of the functions' roles: Lambda. A role cannot be passed to a function of another account."""
    return trust({"Service": LAMBDA})


def write_log(place: Place, function: str) -> Statement:
    """That a function may write its log."""
    group = place._log_group(f"/aws/lambda/{function}")
    return allow(["logs:CreateLogStream", "logs:PutLogEvents"], [group], sid="WriteLog")
