"""The files of a new project and of a new batch.

names.py, answers.py, ask.py                which names are allowed; what a new project is to be; what is asked
project_files.py, new_batch.py, start.py    the files of a project and of a batch, and what is said when they are there
files.py, python.py                         how files are written, and Python source laid out
"""
