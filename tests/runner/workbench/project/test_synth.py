"""What is said of an app that failed."""

from batchwright_runner.workbench.project.synth import mistake

OUTPUT = """\
ERROR VpcId: 'vpc-1' does not match format 'AWS::EC2::VPC.Id' (CloudFormation Validate)
   batches-staging-hello/hello/SecurityGroup (helloSecurityGroup15280878) aws-cdk-lib.aws_ec2.CfnSecurityGroup
   Acknowledge with 'CloudFormation-Validate::E1151'

ERROR VpcId: 'vpc-1' does not match format 'AWS::EC2::VPC.Id' (CloudFormation Validate)
   batches-staging-report/report/SecurityGroup (reportSecurityGroup2D8F6331) aws-cdk-lib.aws_ec2.CfnSecurityGroup
   Acknowledge with 'CloudFormation-Validate::E1151'

WARNING Parameters/P: Parameter 'P' is not referenced anywhere in the template (CloudFormation Validate)
   batches-staging-hello aws-cdk-lib.Stack
   Acknowledge with 'CloudFormation-Validate::W2001'
"""
END = (
    "ValidationFailed: Validation failed. A copy of this report can be found in: .batchwright/x/validation-report.json"
)


def test_what_the_cdks_own_validation_refuses_is_shown_with_the_construct() -> None:
    text = mistake(f"{OUTPUT}batchwright: the CDK refuses this: {END}\n", "python app.py", 1)

    assert text == (
        "the CDK refuses this:\n"
        "ERROR VpcId: 'vpc-1' does not match format 'AWS::EC2::VPC.Id' (CloudFormation Validate)\n"
        "  batches-staging-hello/hello/SecurityGroup and 1 more"
    )


def test_a_validation_that_says_nothing_else_is_shown_as_it_is() -> None:
    assert mistake(f"batchwright: the CDK refuses this: {END}\n", "python app.py", 1).endswith(END)


def test_errors_of_an_app_that_failed_for_another_reason_are_its_last_lines() -> None:
    assert mistake(f"{OUTPUT}Killed\n", "python app.py", 137).startswith('"python app.py" exited with 137:\nERROR')
