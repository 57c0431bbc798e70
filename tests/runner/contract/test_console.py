"""The console's pages, letter by letter: what AWS shows in a browser's address."""

from batchwright_runner.contract.console import log_page, task_page


def test_the_page_of_a_task() -> None:
    cluster = "arn:aws:ecs:eu-west-1:111111111111:cluster/batches-staging"

    assert task_page("eu-west-1", cluster, "1a2b") == (
        "https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/batches-staging/tasks/1a2b/configuration?region=eu-west-1"
    )


def test_the_page_of_a_log_has_its_names_quoted_twice() -> None:
    assert log_page("eu-west-1", "/batches/staging/daily", "run/main/1a2b") == (
        "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1"
        "#logsV2:log-groups/log-group/$252Fbatches$252Fstaging$252Fdaily/log-events/run$252Fmain$252F1a2b"
    )
