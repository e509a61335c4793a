"""What answers callers: packaged, released, watched over, taken back."""
