"""The batches: one package each. ``batch.py`` declares it; ``app/`` holds its source, where that lives here."""
