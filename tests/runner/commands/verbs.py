"""Each verb with arguments that end at once."""

STAGE = ("-s", "staging")

VERBS: dict[str, tuple[tuple[str, ...], int, str]] = {
    "init": (("sales", "--yes"), 0, "project sales"),
    "new": (("weekly",), 0, "batch weekly"),
    "run": (("daily-report", *STAGE), 3, "exit 3: the container's own code"),
    "runs": (STAGE, 0, "night"),
    "logs": (("daily-report@night", *STAGE), 0, "ready"),
    "attach": (("daily-report@night", *STAGE), 3, "exit 3: the container's own code"),
    "stop": (("daily-report@night", *STAGE), 0, "stopping: daily-report@|it has ended already"),
    "pause": (("daily-report", "--reason", "a move", *STAGE), 0, "daily-report is paused"),
    "resume": (("daily-report", *STAGE), 0, "daily-report is not paused"),
    "list": (STAGE, 0, "daily-report  finance-systems"),
    "describe": (("daily-report", *STAGE), 0, "daily-report in staging"),
    "permissions": (("hello",), 0, "hello, stage local"),
    "diff": (("--no-such",), 2, "no such option"),
    "catalog": (("--offline", "--format", "json", *STAGE), 0, '"name": "hello"'),
    "params": (("list", *STAGE), 0, "no parameters or secrets are declared"),
    "image": (("list", "reports"), 2, "the registry is not known"),
    "release": (("reports", "--tag", "sha-0123456789ab", "--yes", *STAGE), 2, "no such image 'reports'"),
    "rollback": (("reports", "--yes", *STAGE), 2, "no such image 'reports'"),
    "doctor": ((), 0, "settings"),
    "verify": (STAGE, 1, "1 batch: 1 fail"),
    "alerts": (("test", *STAGE), 2, "stage staging has no alerts"),
    "export": (("crontab", "--cron", "debian", *STAGE), 0, "hello|no batch"),
    "render-files": ((), 125, "there is nothing to render"),
}
"""Verb to its arguments, the exit code, and what it prints, as a regular expression."""
