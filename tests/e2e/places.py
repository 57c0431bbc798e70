"""Where things are."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
INSTALLED = ROOT / ".e2e"
"""What ``make`` has installed: ``installed``, ``emulator`` and ``node_modules``."""
FOLDER_VARIABLE = "BATCHWRIGHT_E2E"
"""The variable that names the journey's folder; it is set inside of the namespaces only."""

ACCOUNT = "123456789012"
REGION = "ap-northeast-1"
REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
PUBLIC = "public.ecr.aws"
"""The public registry, in whose place the emulator is, too."""
EMULATOR = "http://localhost:80"
"""At port 80, since an engine looks there for a registry that does not speak TLS."""
EMULATOR_COMMAND = [str(INSTALLED / "emulator/bin/python"), "-m", "tests.e2e.emulator"]


QUIET = ("--no-notices", "--ci")

DEPLOY = ("cdk", "deploy", "--require-approval", "never", *QUIET)
