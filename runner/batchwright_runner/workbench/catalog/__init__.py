"""What the batches of a stage are, for people: the model, its pages, its JSON and its picture.

model.py     a catalog and what is in it
build.py     a catalog from the files of declared batches
results.py   how the last runs ended, as AWS knows it
calendar.py  a week: what is due when, and what gets in each other's way
graph.py     what hangs together; layout.py and picture.py place it, mermaid.py writes it as text
chart.py     how long the last runs took
site.py      the pages, filled by render.py from templates/ and static/; links.py says what each is called
folder.py    writes them, and touches nothing else
"""
