"""What a batch reads and writes, as ``--json`` prints it."""

from batchwright_runner.contract.edges import Edge


def test_an_edge_says_where_it_was_granted() -> None:
    edge = Edge(direction="reads", resource="s3:sales", granted=True, at=("report/batch.py:31",))

    shown = {"direction": "reads", "resource": "s3:sales", "declared": False, "granted": True}
    assert edge.to_dict() == {**shown, "at": ["report/batch.py:31"]}
