"""One function for each thing that a person or a flow can do."""
