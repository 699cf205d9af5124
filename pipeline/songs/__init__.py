"""Songs: which videos are versions of one song, which are copies, and on which side of the split a
song is."""
