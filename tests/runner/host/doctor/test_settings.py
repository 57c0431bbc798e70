import json
from pathlib import Path

from batchwright_runner.commands.doctor import entry_of
from batchwright_runner.host.aws.config import read_sources
from batchwright_runner.host.doctor.settings import settings_found
from batchwright_runner.host.finding import Finding

STAGING = {"account": "111111111111", "region": "eu-west-1", "subnets": ["subnet-1"]}
MINE = '[stages.staging]\nprofile = "mine"'
CONTEXT = {
    "project": "sales",
    "registry": {"account": "333333333333", "region": "us-west-2"},
    "stages": {"staging": STAGING, "later": {**STAGING, "account": "000000000000"}},
}


def look(
    tmp_path: Path, *stages: str, toml: str = "", context: object = None, other: str = "", **variables: str
) -> dict[str, Finding]:
    if context is not None:
        (tmp_path / "cdk.json").write_text(json.dumps({"app": "python app.py", "context": context}))
    if toml:
        (tmp_path / "batchwright.toml").write_text(toml)
    sources = read_sources(folder=tmp_path, environment={"HOME": str(tmp_path / "home"), **variables})
    findings = settings_found(sources, stages, [Path(other)] if other else [], lambda source: Path(source).name)
    return {finding.name: finding for finding in findings}


def test_each_setting_has_its_source(tmp_path: Path) -> None:
    findings = look(tmp_path, "staging", context=CONTEXT)

    assert {finding.status for finding in findings.values()} == {"ok"}
    assert (findings["files"].what, findings["project"].what) == ("cdk.json", "sales (cdk.json)")
    assert findings["stage staging"].what == "account 111111111111, region eu-west-1 (cdk.json)"
    assert findings["registry"].what == "account 333333333333, region us-west-2 (cdk.json)"


def test_each_setting_says_what_it_overrides(tmp_path: Path) -> None:
    toml = 'project = "other"\n[stages.staging]\nregion = "eu-central-1"\nprofile = "mine"'
    toml += '\nrole_arn = "arn:aws:iam::111111111111:role/x"'
    shell = {"BATCHWRIGHT_PROJECT": "sales", "AWS_REGION": "us-east-1", "AWS_PROFILE": "yours"}
    findings = look(tmp_path, "staging", context=CONTEXT, toml=toml, **shell)

    assert findings["project"].what == "sales (BATCHWRIGHT_PROJECT; not other of batchwright.toml)"
    assert findings["stage staging"].what == (
        "account 111111111111 (cdk.json), "
        "region eu-central-1 (batchwright.toml; not eu-west-1 of cdk.json, us-east-1 of AWS_REGION), "
        "profile yours (AWS_PROFILE; not mine of batchwright.toml), role arn:aws:iam::111111111111:role/x "
        "(batchwright.toml)"
    )
    region = entry_of(findings["stage staging"])["settings"][1]
    ours, theirs = str(tmp_path / "cdk.json"), str(tmp_path / "batchwright.toml")
    over = {"value": "eu-west-1", "source": ours}, {"value": "us-east-1", "source": "AWS_REGION"}
    assert region == {"name": "region", "value": "eu-central-1", "source": theirs, "overridden": over}


def test_keys_of_the_shell_are_used_before_a_profile(tmp_path: Path) -> None:
    finding = look(tmp_path, "staging", context=CONTEXT, toml=MINE, AWS_ACCESS_KEY_ID="AKIA")["stage staging"]

    assert finding.what.endswith("(cdk.json), keys (AWS_ACCESS_KEY_ID; not mine of batchwright.toml)")


def test_an_account_that_was_not_filled_in_has_to_be(tmp_path: Path) -> None:
    finding = look(tmp_path, "later", context=CONTEXT)["stage later"]

    assert (finding.status, finding.advice) == ("fail", "Write the real one into cdk.json")


def test_a_stage_without_a_region_cannot_be_found_and_one_without_an_account_is_not_checked(tmp_path: Path) -> None:
    without = look(tmp_path, "staging", toml='[stages.staging]\naccount = "111111111111"')["stage staging"]
    what = "nothing says its region; account 111111111111 (batchwright.toml)"
    assert (without.status, without.what) == ("fail", what)

    shell = look(tmp_path, "staging", toml=MINE, AWS_REGION="eu-west-1")["stage staging"]
    what = "nothing says its account; region eu-west-1 (AWS_REGION), profile mine (batchwright.toml)"
    assert (shell.status, shell.what) == ("warn", what)


def test_where_there_is_nothing_it_says_what_to_do(tmp_path: Path) -> None:
    findings = look(tmp_path)

    assert findings["files"].status == "warn"
    assert "batchwright init" in findings["files"].advice
    assert (findings["project"].what, findings["registry"].status) == ("batches (default)", "warn")


def test_a_batchwright_toml_that_is_not_read_is_named(tmp_path: Path) -> None:
    findings = look(tmp_path, toml="", context=CONTEXT, other="/etc/batchwright/batchwright.toml")

    assert findings["files"].what == "cdk.json; not read: /etc/batchwright/batchwright.toml"
