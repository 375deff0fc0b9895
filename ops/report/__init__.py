"""Reports as data, and the renderers that write them."""
