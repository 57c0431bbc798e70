"""What an alerts machine is made of."""

from dataclasses import dataclass

from batchwright.arns import Place
from batchwright.names import StageNames
from batchwright_runner.contract.notices.rules import LINES


@dataclass(frozen=True, slots=True, kw_only=True)
class Slack:
    """A Slack channel, through the Web API.

    Attributes:
        channel: Its name or id.
        connection: ARN of the EventBridge connection that holds the bot's token.
    """

    channel: str
    connection: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Datadog:
    """Datadog, through its API.

    Attributes:
        site: Its site, ``datadoghq.com``.
        connection: ARN of the EventBridge connection that holds the API key.
    """

    site: str
    connection: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsFacts:
    """A stage, and its channels. The strings may be CDK tokens.

    Attributes:
        names: The stage's names.
        place: Its account and region.
        cluster: Name of its cluster.
        topic: ARN of the SNS topic; empty for none.
        slack: The Slack channel; none for none.
        datadog: Datadog; none for none.
        lines: Log lines that are told where a batch says nothing.
        metrics: Whether CloudWatch gets the metrics.
    """

    names: StageNames
    place: Place
    cluster: str
    topic: str = ""
    slack: Slack | None = None
    datadog: Datadog | None = None
    lines: int = LINES
    metrics: bool = True

    @property
    def machine(self) -> str:
        """ARN of the machine."""
        return self.place.machine(self.names.alerts_machine)
