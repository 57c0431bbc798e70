"""Who the caller is, and parameters."""

from tests.fake_aws.account import MANIFEST, Account, client, code_of


def test_an_assumed_roles_caller_is_of_the_roles_account(aws: Account) -> None:
    role = "arn:aws:iam::222222222222:role/batches/runner"
    keys = aws.sts.assume_role(RoleArn=role, RoleSessionName="batchwright")["Credentials"]

    assumed = client("sts", aws.server.url, key=keys["AccessKeyId"])

    assert assumed.get_caller_identity()["Account"] == "222222222222"
    assumed.close()


def test_parameters_by_path_below_deeper_folders(aws: Account) -> None:
    aws.server.put_parameter("/deep/a/b", "x")

    assert aws.ssm.get_parameters_by_path(Path="/deep")["Parameters"] == []
    assert len(aws.ssm.get_parameters_by_path(Path="/deep", Recursive=True)["Parameters"]) == 1


def test_put_parameter_counts_versions_and_guards_against_overwriting(aws: Account) -> None:
    assert aws.ssm.put_parameter(Name="/put/one", Value="a", Type="SecureString")["Version"] == 1
    assert code_of(aws.ssm.put_parameter, Name="/put/one", Value="b") == "ParameterAlreadyExists"
    assert aws.ssm.put_parameter(Name="/put/one", Value="b", Overwrite=True)["Version"] == 2
    assert aws.ssm.get_parameter(Name="/put/one")["Parameter"]["Value"] != "b"
    assert aws.ssm.get_parameter(Name="/put/one", WithDecryption=True)["Parameter"]["Value"] == "b"


def test_get_parameters_names_those_that_are_not_there(aws: Account) -> None:
    answer = aws.ssm.get_parameters(Names=[MANIFEST.path, "/none"])

    assert [one["Name"] for one in answer["Parameters"]] == [MANIFEST.path]
    assert answer["InvalidParameters"] == ["/none"]


def test_requests_that_parameter_store_refuses(aws: Account) -> None:
    long = {"Name": "/long", "Value": "x" * 4097, "Type": "String"}
    assert code_of(aws.ssm.put_parameter, **long) == "ValidationException"
    assert aws.ssm.put_parameter(**{**long, "Value": "x" * 4096})["Version"] == 1
    assert code_of(aws.ssm.get_parameters, Names=[f"/{n}" for n in range(11)]) == "ValidationException"
