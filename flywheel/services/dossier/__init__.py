"""The dossier in all its forms: words, page, folder, and the script that verifies it."""
