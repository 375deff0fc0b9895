"""What AWS refuses and moto accepts: pure functions, one module a service.

Every function returns the refusals it found, in the words of AWS's error codes, and skips values that are not known yet
(`UNKNOWN` in a preview). Sources: the services' API references and service models as collected in botocore; rules
marked "known" in a comment come from practice and were not confirmed against an account.
"""

from sandbox.providers.rules.refusal import Refusal

__all__ = ["Refusal"]
