"""Pull requests: which stacks a diff touches, and the comment that says what it would do to each of them."""
