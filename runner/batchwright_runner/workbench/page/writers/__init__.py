"""What is told to people at some length, once for every place it is read: a terminal, Markdown, HTML."""
