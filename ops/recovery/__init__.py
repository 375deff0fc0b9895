"""What a loss takes, whether it could be repaired, and the drill that proves it."""
