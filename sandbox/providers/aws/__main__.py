"""`python -m sandbox.providers.aws`: the plugin `pulumi-resource-aws` of the sandbox."""

from sandbox.providers.protocol import skip_sdk

skip_sdk()  # before anything imports the stubs

import sys

from sandbox.providers.aws.provider import DEFINITION
from sandbox.providers.servicer import ProviderServicer
from sandbox.providers.serving import serve

if __name__ == "__main__":
    sys.exit(serve(ProviderServicer(DEFINITION)))
