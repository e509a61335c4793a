"""Programs that commands become: examine, compare and check outside any flow."""
