"""A company's own project: asked for, found in what it has, written as stack files."""
