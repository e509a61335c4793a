"""The cell: a process of its own that a project's code runs in, with nothing of ours in reach; see docs/cell.md."""
