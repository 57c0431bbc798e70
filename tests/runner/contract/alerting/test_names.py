"""Names of what a stage's alerts are made of."""

from batchwright_runner.contract.alerting import names


def test_names_of_what_tells_people() -> None:
    of = ("batches", "staging")

    assert names.alerts_function(*of) == names.alerts_table(*of) == "batches-staging-alerts"
    assert names.alerts_test_function(*of) == "batches-staging-alerts-test"
    assert names.events_queue(*of) == "batches-staging-events"
    assert names.events_dead_letters(*of) == "batches-staging-events-dead-letters"
    assert names.handed_source(*of) == "batchwright.batches.staging"
