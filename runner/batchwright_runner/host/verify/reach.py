"""Whether each subnet reaches what a start needs: by a way out, or by the endpoints of its VPC."""

from collections.abc import Iterator, Mapping, Sequence

from batchwright_runner.host.finding import Finding
from batchwright_runner.host.verify.network import NO_WAY, leads_out, of_vpcs, subnets_of, ways
from batchwright_runner.host.verify.subject import Subject
from batchwright_runner.host.verify.way_out import Description, WayOut, route_table_of, unreached

_PUBLIC = frozenset(
    {
        "",
        "docker.io",
        "index.docker.io",
        "registry-1.docker.io",
        "public.ecr.aws",
        "ghcr.io",
        "quay.io",
        "gcr.io",
        "mcr.microsoft.com",
        "registry.gitlab.com",
        "registry.k8s.io",
    }
)
"""Hosts of registries that are on the internet and nowhere else. PrivateLink has no service of them, nor of Amazon ECR
Public (Amazon ECR user guide, "VPC endpoints", 2026-11)."""

_LEADS: Mapping[WayOut, str] = {
    WayOut.NONE: "{} have no way out, and",
    WayOut.BLACK_HOLE: "{}: the gateway of the way out is gone, and there is",
    WayOut.INTERNET: "{} lead to an internet gateway, a run has no public address, and there is",
    WayOut.IPV6: "{} lead out by IPv6 alone, and there is",
    WayOut.PARTLY: "{} have no default route, and",
    WayOut.UNSEEN: "{}: no route table is visible to this caller, and there is",
}
_ADVICE: Mapping[WayOut, str] = {
    WayOut.IPV6: "Most names at amazonaws.com answer by IPv4 alone: see that what a start needs is reached",
    WayOut.PARTLY: "Whether another of their routes leads there is not known here",
    WayOut.UNSEEN: "Whoever keeps the VPC can see it",
}


def check_way_out(subject: Subject) -> Iterator[Finding]:
    """Whether each subnet has a way to its images, CloudWatch Logs and what keeps the values."""
    by_way: dict[WayOut, list[Description]] = {}
    for subnet, way in ways(subject, subnets_of(subject)):
        by_way.setdefault(way, []).append(subnet)
    public, out = subject.manifest.assign_public_ip, list[str]()
    for way, subnets in by_way.items():
        if not leads_out(way, public=public):
            yield from _by_endpoints(subject, way, subnets)
            continue
        out += (subnet["SubnetId"] for subnet in subnets)
        if public and way is WayOut.BEHIND:
            for subnet in subnets:
                what = f"{subnet['SubnetId']} has no internet gateway: a run's public address is of no use"
                yield subject.warn(what)
    if out:
        yield subject.ok(f"{', '.join(sorted(out))} lead out")


def _by_endpoints(subject: Subject, way: WayOut, subnets: Sequence[Description]) -> Iterator[Finding]:
    """Subnets that do not lead out need an endpoint for each service."""
    endpoints = of_vpcs(subject, subnets, "describe_vpc_endpoints", "VpcEndpoints")
    tables = of_vpcs(subject, subnets, "describe_route_tables", "RouteTables")
    (services, public, elsewhere), names = needed(subject), ", ".join(sorted(subnet["SubnetId"] for subnet in subnets))
    gaps = [unreached(subnet, services, endpoints, route_table_of(subnet, tables)) for subnet in subnets]
    missing = sorted({name for lacking, _ in gaps for name in lacking})
    if missing or public:
        what = f"{_LEADS[way].format(names)} {_without(missing, public)}"
        yield _lacking(subject, way, what, [] if public else _owners(subject, subnets))
        return
    if elsewhere:
        what = f"{names}: whether {', '.join(elsewhere)} is inside of the network is not known here"
        yield subject.unknown(what)
    unnamed = sorted({name for _, silent in gaps for name in silent})
    if unnamed:
        what = f"{names}: the endpoints for {', '.join(unnamed)} answer only by a private hosted zone"
        yield subject.warn(what, "Their private DNS is off: see that the VPC has such a zone for each")
    elif not elsewhere:
        yield subject.ok(f"{names} reach {', '.join(services)} by endpoints")


def _without(missing: Sequence[str], images: Sequence[str]) -> str:
    if not missing:
        return f"no endpoint that reaches {', '.join(images)}"
    return f"no endpoint for {', '.join(missing)}" + (f", and none that reaches {', '.join(images)}" if images else "")


def _owners(subject: Subject, subnets: Sequence[Description]) -> list[str]:
    """Other accounts that share their subnets with this one. They alone see all endpoints of the VPC."""
    own = subject.manifest.account
    return sorted({str(subnet.get("OwnerId") or own) for subnet in subnets} - {own})


def _lacking(subject: Subject, way: WayOut, what: str, owners: Sequence[str]) -> Finding:
    """The finding about subnets that lack an endpoint: a failure only where all has been seen."""
    if way is WayOut.IPV6:
        return subject.warn(what, _ADVICE[way])
    if way in _ADVICE:
        return subject.unknown(what, _ADVICE[way])
    if owners:
        advice = f"The VPC is shared by account {', '.join(owners)}, and its endpoints are not visible to this one"
        return subject.unknown(what, advice)
    return subject.fail(what, NO_WAY)


def needed(subject: Subject) -> tuple[list[str], list[str], list[str]]:
    """What a start reaches. Pure.

    Amazon ECR user guide, "VPC endpoints": with Fargate, ecr.api, ecr.dkr and S3, of the registry's region; the values'
    services are asked by the same agent (2026-11). KMS is asked by SSM, not from the VPC.

    Returns Services of AWS, as endpoints are named; images on the internet, which no endpoint reaches; and images at a
    host that may be inside of the network.
    """
    own, images = subject.manifest.region, subject.pulled
    registries = sorted(
        {image.place[1] for image in images if image.place is not None}, key=lambda region: (region != own, region)
    )
    services = [f"com.amazonaws.{region}.{name}" for region in registries for name in ("ecr.api", "ecr.dkr", "s3")]
    values = {(variable.source.region or own, variable.source.service) for variable in subject.variables}
    services += [f"com.amazonaws.{own}.logs", *(f"com.amazonaws.{region}.{name}" for region, name in sorted(values))]
    others = [image for image in images if image.place is None]
    public = sorted({image.image.uri for image in others if image.host in _PUBLIC})
    return services, public, sorted({image.image.uri for image in others if image.host not in _PUBLIC})
