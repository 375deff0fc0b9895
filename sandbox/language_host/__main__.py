"""`python -m sandbox.language_host`: started by the engine as `pulumi-language-python`; its first line is its port."""

from sandbox.parent import Parent

parent = Parent()  # before the imports, in whose time it may end

import sys  # noqa: E402

from sandbox.language_host.host import serve  # noqa: E402

if __name__ == "__main__":
    # The engine's address is the last positional argument.
    serve(parent, *[argument for argument in sys.argv[1:] if not argument.startswith("-")][-1:])
