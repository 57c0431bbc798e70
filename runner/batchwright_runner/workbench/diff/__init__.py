"""What a change to the declarations does to each batch: two assemblies compared.

`base` and `project` make the two, `read` reads them, `compare` holds them against each other: `declared` the pages of
batches and workflows, `stacks` the templates, `statements` who may do what. `changes` is what differs, as a document,
`comment` that document for a pull request.
"""
