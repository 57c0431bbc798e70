"""An AWS account for tests: an HTTP server that speaks what the runner uses, and misbehaves on request.

It answers ECS, CloudWatch Logs, SSM, DynamoDB (JSON), STS (query), EventBridge Scheduler (REST-JSON) and others with
AWS's shapes, errors and semantics. Tasks are scripted; what they do is computed from the script and the time whenever
somebody asks.

In a test::

    from tests.fake_aws import AwsServer, Script, Term, faults, lines, steady
    from tests.fake_aws.fixtures import aws, sample_manifest      # aws: one server for one test


    def test_throttling_loses_nothing(aws: AwsServer) -> None:
        aws.deploy(sample_manifest("daily-report"), Script(lines=steady(100), exit_code=3))
        aws.faults("GetLogEvents", faults.throttled(10))

        done = subprocess.run(
            ["batchwright", "run", "daily-report", "-s", "staging"], env={**os.environ, **aws.environ()}, ...
        )

        assert done.returncode == 3
        assert len(aws.calls_of("RunTask")) == 1

``deploy`` puts in place what a deployment would: the manifest's parameter, cluster, task definition, log groups and
the schedule group; ``put_table`` makes the table of alerts. With several scripts, the first task of the batch follows
the first one, and so on; the last one serves all further tasks. ``script`` replaces them.

**Scripts** (`Script`): how long provisioning, pull and the rest take; the lines and when they are written (``lines``,
``steady``, ``burst``, or `Line` by hand: ``Line(60.0, "after a quiet minute")``); how the container ends, by itself,
on SIGTERM (``Term(exit_code=0)``, ``Term(ignore=True)``), by AWS (`Interruption`) or before it began
(`StartFailure`); ``hangs`` for a container that ECS never shows STOPPED; `Sidecar`, an essential one too; the delay
of log ingestion, and the log driver's batches.

**Faults** (module ``faults``, given to ``server.faults(operation, ...)``, used up in their order)::

    throttled(n)              throttled_in_disguise(n)     throttled_by_ec2(n)   server_error(n)
    expired_token(n)
    access_denied()           cut(n, keep=bytes)           reset(n, keep=bytes)  lost_answer(n)
    slow(seconds, n)          empty_page(n)                no_capacity(n)        run_failure("AGENT")
    missing(n)                inactive_definition(n)       error(code, message, status=..., times=...)
    conflict(n)               html_page(text)            lasting(seconds, fault)

Each takes ``skip=k``: so many calls go well before. ``access_denied(lasts=10)`` refuses for so many seconds.
``server.quota("GetLogEvents", 10)`` throttles over all callers; ``server.world.tags_guard_stop`` refuses StopTask once
the tags are gone; ``server.world.token_life`` is how many seconds GetLogEvents takes a token that it has given;
``server.world.expired`` has the access keys that are refused as expired;
``server.world.checks_starts`` fails a start, as Fargate does, of which something is not there;
``server.skew(seconds)`` sets AWS's clock so far ahead of this machine's, and refuses requests that are off by more than
five minutes; ``server.deregister(arn)``, ``server.forget(...)``, ``server.delete_group(name)``,
``server.stop_task(task)`` and ``server.fire_schedules()`` are what time and other people do; ``server.clear()`` begins
anew. A defect of the server itself is answered with ``DefectInTestServer``, its traceback on stderr.

**Afterwards**: ``server.calls`` and ``server.calls_of(operation)`` hold every request with its time, body, outcome and
region; ``server.tasks[0].times.ended`` is the exact end of the container in seconds since the epoch;
``server.tasks[0].stopper`` is the access key of who stopped it; ``server.schedules`` are those that were not deleted.

As a process of its own, for benchmarks: `tests.fake_aws.remote.remote_server`.
"""

from tests.fake_aws import faults
from tests.fake_aws.dispatch import Call
from tests.fake_aws.script import Interruption, Line, Lines, Script, Sidecar, StartFailure, Term, burst, lines, steady
from tests.fake_aws.server import AwsServer
from tests.fake_aws.services.tasks import Task

__all__ = [
    "AwsServer",
    "Call",
    "Interruption",
    "Line",
    "Lines",
    "Script",
    "Sidecar",
    "StartFailure",
    "Task",
    "Term",
    "burst",
    "faults",
    "lines",
    "steady",
]
