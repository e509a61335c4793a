"""Models: fitted or received, compared, numbered, and looked at by checks."""
