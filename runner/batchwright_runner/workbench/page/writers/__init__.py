"""The writers of a document, one for each place where it is read: a terminal, Markdown, HTML."""
