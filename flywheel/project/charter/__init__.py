"""The charter: what `project.toml` can say, how it is read and answered, and what is wrong with it."""
