"""A batch that takes all kinds of values, beside a container that gets one of them under another name."""

from pathlib import Path

from batches.cases.batch import BASE, case, health, waits  # type: ignore[import-not-found] # it lies elsewhere once copied
from batchwright import Parameter, Secret, Sidecar

ERP = "arn:aws:secretsmanager:ap-northeast-1:111111111111:secret:erp-AbCdEf"
VALUES = {
    "parameters": {"TO": "declared", "LEVEL": Parameter.shared("LEVEL"), "ELSE": Parameter.existing("/other/name")},
    "secrets": [
        "PASSWORD",
        Secret.shared("SHARED_KEY"),
        Secret.existing("LEGACY", "/legacy/key"),
        Secret.secrets_manager("ERP_USER", ERP, json_field="user"),
        Secret.secrets_manager("ERP_PORT", ERP, json_field="port"),
    ],
    "environment": {"PLAIN": "declared"},
}
SHOW = (
    "echo $1 to=$TO level=$LEVEL else=$ELSE; echo $PASSWORD-$SHARED_KEY-$LEGACY-$ERP_USER-$ERP_PORT-$PLAIN; id -u; "
    'cat /conf/db.ini; [ -z "$STAY" ] || { echo up; sleep 60; }'
)
Staged = case(
    "staged",
    module=__name__,
    command=["sh", "-c", SHOW, "zero", "one"],
    files={"/conf/db.ini": Path("db.ini.template")},
    container={"user": "1000:1000", "read_only_root": True},
    sidecars=[
        Sidecar(
            name="side",
            image=BASE,
            command=["sh", "-c", f"echo renamed=$RENAMED; {waits()}"],
            secrets={"RENAMED": "PASSWORD"},
            main_waits_for="HEALTHY",
            health_check=health('[ -n "$RENAMED" ]', retries=10),
        )
    ],
    **VALUES,
)
