"""A batch or a run on one page, and all batches of a stage: what is known of them, and the documents that show it."""
