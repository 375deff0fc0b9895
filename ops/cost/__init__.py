"""What a stack costs, is planned to cost, and would cost otherwise."""
