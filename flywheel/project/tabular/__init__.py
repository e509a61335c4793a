"""The tabular default: what a project gets where it brings no model of its own."""
