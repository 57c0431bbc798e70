"""Which runs did not come: what was due by schedule, held against the runs that there were."""
