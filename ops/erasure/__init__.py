"""One person's data taken out of a running stack."""
