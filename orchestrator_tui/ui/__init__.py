"""Floor 4: the dashboard; the only importer of textual and rich."""
