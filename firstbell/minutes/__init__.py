"""Minutes: what a team wrote down in its meeting becomes decisions and actions that open the next packet."""
