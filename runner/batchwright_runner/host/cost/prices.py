"""On-demand prices of Fargate for Linux, by region, in US dollars, each with its source and date.

AWS publishes them in its price list (``AmazonECS``, usage types ``…Fargate-vCPU-Hours:perCPU``, ``…Fargate-GB-Hours``,
``…Fargate-ARM-…`` and ``…Fargate-EphemeralStorage-GB-Hours``) and on https://aws.amazon.com/fargate/pricing/. The table
holds what public documents quote from that list with a date; a figure that none was found for is left out. Prices of
Spot move by the hour and are not in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from batchwright_runner.contract.sizes import Architecture

AS_OF = "2026-11-25"
"""When the table was put together."""
PAGE = "https://aws.amazon.com/fargate/pricing/"
"""Where today's prices are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What Fargate costs in a region, for one CPU architecture."""

    # US dollars for a vCPU and hour
    vcpu: float
    # US dollars for a GB of memory and hour
    memory: float
    # US dollars for a GB of ephemeral storage and hour, beyond what is included; ``None`` where not known
    storage: float | None
    source: str
    date: str


_LIST = "AWS price list, AmazonECS"
_N_VIRGINIA = f"{_LIST}, us-east-1, as published 2026-08-12"
_OHIO = f"{_LIST}, us-east-2, as queried 2026-05-11"
_IRELAND = f"{_LIST}, eu-west-1, as queried 2026-05-01"
_LONDON = f"{_LIST}, eu-west-2, as published 2026-09-11"
_FRANKFURT = f"{_LIST}, eu-central-1, as in force since 2026-07-07"
_TOKYO = f"{_LIST}, ap-northeast-1, as queried 2026-09-06; storage as in a copy of the list without a date"

PRICES: Mapping[tuple[str, Architecture], Price] = {
    ("us-east-1", "X86_64"): Price(
        vcpu=0.04048, memory=0.004445, storage=0.000111, source=_N_VIRGINIA, date="2026-08-12"
    ),
    ("us-east-1", "ARM64"): Price(
        vcpu=0.03238, memory=0.00356, storage=0.000111, source=_N_VIRGINIA, date="2026-08-12"
    ),
    ("us-east-2", "X86_64"): Price(vcpu=0.04048, memory=0.004445, storage=0.000111, source=_OHIO, date="2026-05-11"),
    ("us-east-2", "ARM64"): Price(vcpu=0.03238, memory=0.00356, storage=0.000111, source=_OHIO, date="2026-05-11"),
    ("eu-west-1", "X86_64"): Price(vcpu=0.04048, memory=0.004445, storage=None, source=_IRELAND, date="2026-05-01"),
    ("eu-west-1", "ARM64"): Price(vcpu=0.03238, memory=0.00356, storage=None, source=_IRELAND, date="2026-05-01"),
    ("eu-west-2", "X86_64"): Price(vcpu=0.04656, memory=0.00511, storage=0.000129, source=_LONDON, date="2026-09-11"),
    ("eu-west-2", "ARM64"): Price(vcpu=0.03725, memory=0.00409, storage=0.000129, source=_LONDON, date="2026-09-11"),
    ("eu-central-1", "X86_64"): Price(vcpu=0.04656, memory=0.00511, storage=None, source=_FRANKFURT, date="2026-07-07"),
    ("ap-northeast-1", "X86_64"): Price(
        vcpu=0.05056, memory=0.00553, storage=0.000133, source=_TOKYO, date="2026-09-06"
    ),
    ("ap-northeast-1", "ARM64"): Price(
        vcpu=0.04045, memory=0.00442, storage=0.000133, source=_TOKYO, date="2026-09-06"
    ),
}
"""Region and architecture to price."""

SERVICES: Mapping[str, float] = {
    "a transition": 0.025 / 1000,
    "a call of a function": 0.20 / 1e6,
    "a GB-second of a function": 0.0000166667,
    "a start of a schedule": 1.00 / 1e6,
    "a key, a month": 1.00,
    "a GB of images, a month": 0.10,
    "a GB of logs": 0.50,
    "a public address, an hour": 0.005,
    "a NAT gateway, an hour": 0.045,
}
"""US dollars in us-east-1 beside Fargate, without free tiers (AWS's pricing pages of Step Functions, Lambda,
EventBridge, KMS, ECR, CloudWatch and VPC, as documents of 2026-03 quote them). A transition costs the same in each
region of the table above."""
