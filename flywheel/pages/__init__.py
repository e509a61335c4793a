"""Pages that people read offline: one look, templates that escape every text, pictures as SVG, nothing fetched."""
