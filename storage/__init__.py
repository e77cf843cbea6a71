"""Ground floor: what we know."""
