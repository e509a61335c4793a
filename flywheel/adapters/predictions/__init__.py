"""The prediction log on the disk: journals, segments, their chain, and reading them by windows."""
