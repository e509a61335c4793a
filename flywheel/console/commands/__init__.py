"""The commands, one family a file; heavy imports wait until a command runs, so that `--help` answers at once."""
