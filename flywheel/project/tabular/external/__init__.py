"""Asking models from elsewhere: by form, and never by running anything that their makers put in."""
