"""What the batches of a stage are, for people: the model, its pages, its JSON and its picture.

model.py     a catalog and what is in it
build.py     a catalog from the files of declared batches
touches.py   what a batch reads and writes, from what its task role may do
"""
