"""When a batch is due: the value, its text, its next times, its words, and what each scheduler calls it.

schedule.py    the value, and its canonical text
cron.py        the five fields of a crontab, read and written
times.py       the times at which a schedule is due
zones.py       time zones, by their names
words.py       a schedule in English
dialects.py    a schedule as EventBridge, Quartz and crontab write it
readers.py     a schedule as Quartz and EventBridge write it, read
"""
