"""What a stack is: one validated, frozen document per stack, and the three environments' defaults side by side."""
