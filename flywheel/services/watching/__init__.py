"""What was answered, kept and judged, window by window."""
