"""The command line: groups, options, help. What commands do is imported when they run."""
