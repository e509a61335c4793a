"""The walk of a project through its stages."""
