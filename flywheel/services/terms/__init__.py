"""The terms of a project: its charter and its policy, in the form that people signed."""
