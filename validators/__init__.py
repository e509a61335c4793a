"""Gates: pure checks from data, model and charter to a GateResult."""
