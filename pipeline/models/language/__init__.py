"""Language models behind one small interface: in this process, or behind an HTTP endpoint."""
