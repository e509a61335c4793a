"""What `flywheel check --data` finds: sources joined and read as declared, each fault with what would cure it."""
