"""What runs where, when and how."""
