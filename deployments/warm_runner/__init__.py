"""A parent that has everything imported and forks a child for each flow run, and the client that asks it to."""
