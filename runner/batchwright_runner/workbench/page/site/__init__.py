"""The catalog's site.

calendar.py  a week: what is due when, and what gets in each other's way
graph.py     what hangs together; layout.py and picture.py place it, mermaid.py writes it as text
chart.py     how long the last runs took
pages.py     the pages, filled by render.py from templates/ and static/; links.py says what each is called
folder.py    writes them, and touches nothing else
"""
