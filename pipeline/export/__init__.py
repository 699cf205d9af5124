"""Hand a dataset over to trainers."""
