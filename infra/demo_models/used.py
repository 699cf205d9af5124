"""How much time a training run has used so far."""

import os
import time


class Used:
    """A clock that starts when it is made. As text: processor time, child processes included, and
    time on the wall."""

    def __init__(self) -> None:
        self._wall = time.monotonic()

    def __str__(self) -> str:
        times = os.times()
        spent = times.user + times.system + times.children_user + times.children_system
        wall = time.monotonic() - self._wall
        return f"{spent:.0f} CPU seconds, {wall:.0f} s"
