"""Small matrices beside frozen ones: low-rank adapters (LoRA)."""
