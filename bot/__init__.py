"""Top floor: who is told, when and how."""
