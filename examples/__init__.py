"""Complete projects of a data scientist."""
