"""Everything that lets the real Pulumi engine run without a cloud. Nothing in the program imports it."""
