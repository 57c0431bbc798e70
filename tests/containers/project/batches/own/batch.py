"""Batches of an image that has a command, a variable, a folder, a volume and a stop signal of its own."""

from batches.cases.batch import case  # type: ignore[import-not-found] # it lies elsewhere once it is copied

Own = case("own", image="own", module=__name__, container={"volumes": {"kept": "/owned"}, "user": "1000:1000"})
OwnSignal = case(
    "own-signal",
    image="own",
    module=__name__,
    container={"entry_point": ["sh", "-c"]},
    command=["trap 'echo INT; exit 0' INT; trap 'echo TERM; exit 0' TERM; echo ready; while :; do sleep 0.05; done"],
)
