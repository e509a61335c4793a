"""Model management as one governed loop: the package that projects and tools import."""

__version__ = "0.1.0"
