"""Songs that turned out to be one."""


class Unions:
    """Sets of songs, each known by one of them."""

    def __init__(self) -> None:
        self._parents: dict[str, str] = {}

    def root(self, song: str) -> str:
        """What a song's set is known by; a song that was never joined is a set of its own."""
        while (parent := self._parents.get(song, song)) != song:
            self._parents[song] = self._parents.get(parent, parent)
            song = parent
        return song

    def join(self, song: str, into: str) -> None:
        """Make two sets one, known by what that of `into` is known by."""
        self._parents[self.root(song)] = self.root(into)
