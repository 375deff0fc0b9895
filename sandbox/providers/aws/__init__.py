"""The simulated AWS provider: the resource types that the program registers, kept in the simulated AWS through boto3."""
