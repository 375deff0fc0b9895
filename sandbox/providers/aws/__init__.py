"""The simulated AWS provider: the resource types of the program, kept in the simulated AWS through boto3."""
