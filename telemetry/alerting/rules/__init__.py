"""Recording and alert rules of Mimir's and Loki's rulers, and the inventory of the metrics that they may name."""
