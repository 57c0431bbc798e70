"""What a scheduler's host needs: a run, its log and verdict, values, releases, pauses, checks. Never the workbench."""
