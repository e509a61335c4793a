"""How what stands in files and requests becomes a value: kinds, missing words, dates, units; no charter is known."""
