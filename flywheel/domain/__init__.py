"""What is true of models and their life, in plain values and pure functions."""
