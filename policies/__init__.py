"""The CrossGuard pack: judges the resources that were registered, never the program's own claims about them."""
