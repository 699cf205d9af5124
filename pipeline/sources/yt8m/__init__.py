"""YouTube-8M: its records, labels, lists and ids."""
