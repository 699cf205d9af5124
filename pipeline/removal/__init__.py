"""Take videos and clips out of a dataset for good, and read lists of ids."""
