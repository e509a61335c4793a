"""What is wrong, told once to whom it concerns, over channels that arrive."""
