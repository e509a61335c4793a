"""The data of a project: looked at, read, checked, kept as versions, and lent to others."""
