"""What people decide about a version: to sign, to wait, to bear, to withdraw."""
