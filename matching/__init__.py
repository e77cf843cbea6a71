"""Middle floor: which papers fit whom, and why."""
