"""`python -m sandbox.providers.aws`: the plugin `pulumi-resource-aws` of the sandbox."""

from sandbox.parent import Parent

parent = Parent()  # before the imports, in whose time it may end

from sandbox.providers.protocol import skip_sdk  # noqa: E402

skip_sdk()  # before anything imports the stubs

import sys  # noqa: E402

from sandbox.providers.aws.provider import DEFINITION  # noqa: E402
from sandbox.providers.servicer import ProviderServicer  # noqa: E402
from sandbox.providers.serving import serve  # noqa: E402

if __name__ == "__main__":
    sys.exit(serve(ProviderServicer(DEFINITION), parent))
