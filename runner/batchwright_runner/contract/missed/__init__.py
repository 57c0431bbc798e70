"""What was due and did not come: due times held against the runs that there were. Pure, standard library only."""
