"""Pictures of the pages, for the documents, from a running stack: `make pictures`."""
