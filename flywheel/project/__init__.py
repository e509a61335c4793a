"""The author's API: the charter, the hooks and the tabular defaults."""
