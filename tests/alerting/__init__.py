"""The function of a stage's alerts as a whole: run as Lambda runs it, against the stand-in for AWS and for chats."""
