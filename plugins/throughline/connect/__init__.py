"""The ways in: files and databases, each turned into batches below landing."""
