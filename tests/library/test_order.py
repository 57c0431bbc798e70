"""The order in which CloudFormation makes a batch's resources."""

from collections.abc import Iterator
from typing import Any

from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs

from batchwright.testing import Template, synthesize
from tests.library.support import app, app_and_stack, batch, declaring, logical_ids, platform, stack, templates


def after(template: Template, id: str) -> set[str]:
    """All that CloudFormation makes before a resource: what it names, and what these name."""
    reached: set[str] = set()
    waiting = [id]
    while waiting:
        resource = template["Resources"][waiting.pop()]
        depends = resource.get("DependsOn", [])
        named = {*([depends] if isinstance(depends, str) else depends), *references(resource["Properties"])}
        fresh = (named & template["Resources"].keys()) - reached
        reached |= fresh
        waiting += fresh
    return reached


def references(value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    if isinstance(value, list):
        for one_ in value:
            yield from references(one_)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key == "Ref":
                yield inner
            elif key == "Fn::GetAtt":
                yield inner[0]
            else:
                yield from references(inner)


def only_id(template: Template, kind: str) -> str:
    (id,) = logical_ids(template, kind)
    return id


def manifest_id(template: Template) -> str:
    parameters = logical_ids(template, "AWS::SSM::Parameter")
    (id,) = [id for id, parameter in parameters.items() if "/manifests/" in str(parameter["Properties"]["Name"])]
    return id


def test_a_metric_filter_of_the_log_is_made_after_it() -> None:
    home, theirs = app_and_stack()
    made = batch(theirs, platform(theirs))
    logs.MetricFilter(
        made,
        "Errors",
        log_group=made.log_group,
        filter_pattern=logs.FilterPattern.any_term("ERROR"),
        metric_namespace="Batches",
        metric_name="Errors",
    )

    template = templates(home)["stack"]

    made_of_log = only_id(template, "AWS::Logs::MetricFilter")
    assert after(template, made_of_log) & logical_ids(template, "AWS::Logs::LogGroup").keys()


def test_in_another_stack_the_log_has_its_name_and_no_export() -> None:
    home = app()
    theirs, other = stack(home), stack(home, "other")
    made = batch(theirs, platform(theirs))
    logs.MetricFilter(
        other,
        "Errors",
        log_group=made.log_group,
        filter_pattern=logs.FilterPattern.all_events(),
        metric_namespace="Batches",
        metric_name="Errors",
    )

    by_stack = templates(home)

    (made_of_log,) = logical_ids(by_stack["other"], "AWS::Logs::MetricFilter").values()
    assert made_of_log["Properties"]["LogGroupName"] == "/batches/staging/report"
    assert "Outputs" not in by_stack["stack"]


def test_the_manifest_is_published_after_all_that_it_speaks_of() -> None:
    made = synthesize(declaring(secrets=["B"], parameters={"A": "1"}))

    everything = made.template["Resources"].keys() - {manifest_id(made.template)}

    assert after(made.template, manifest_id(made.template)) == everything


def test_also_after_what_is_granted_later_and_in_the_stack_of_its_platform() -> None:
    home, theirs = app_and_stack()
    made = batch(theirs, platform(theirs, vpc_id="vpc-0123456789abcdef0"))
    made.allow("ses:SendEmail", on="arn:aws:ses:ap-northeast-1:111111111111:identity/example.com")
    role = iam.Role(theirs, "Caller", assumed_by=iam.AccountRootPrincipal())
    made.grant_run(role)

    template = templates(home)["stack"]

    callers = {id for id in template["Resources"] if id.startswith("Caller")}
    assert after(template, manifest_id(template)) == template["Resources"].keys() - callers - {manifest_id(template)}
