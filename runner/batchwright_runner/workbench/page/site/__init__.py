"""The catalog's site: its pages, its calendar and its picture."""
