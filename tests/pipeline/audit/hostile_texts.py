"""Texts that try to be more than texts."""

HOSTILE = [
    "<script>window.owned = 1</script>",
    '"><img src=x onerror="window.owned = 2">',
    "'><svg onload='window.owned = 3'>",
    "</script><script>window.owned = 4</script>",
    "</title></style><script>window.owned = 5</script>",
    '" onmouseover="window.owned = 6" autofocus onfocus="window.owned = 7',
    "{{ 7 * 7 }}{% for x in y %}",
    "<!-- --!> ]]> &lt;b&gt; &amp;",
    "left \u202eright to left override",
    "\u200f\u05e9\u05dc\u05d5\u05dd \u2067mixed\u2069\u2069",
    "W" * 3000,
    "\x00\x1b[31mred\x07",
]
