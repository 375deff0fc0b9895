"""Whether a stack is well: its file before anything runs, its parts while they run."""
