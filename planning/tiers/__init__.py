"""Retention → tier plan: which storage class objects are in at which age, chosen by price, kept readable."""
