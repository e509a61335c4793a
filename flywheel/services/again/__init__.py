"""The same again: what made a model is kept, and makes it anew."""
