"""What a stack is planned to cost, computed from its settings alone."""
