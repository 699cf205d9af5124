"""`framesong doctor` on what fetching needs: real commands, a real site, a real yt-dlp."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.doctor_fetch import UPDATE, downloader, without_credentials
from tests.flows.commands import Done
from tests.flows.findings import said
from tests.sites import Site
from tests.videos import make_video

RECIPE = """
[dataset]
path = "songs"
[source.web]
kind = "urls"
path = "web.txt"
[fetch]
gap_seconds = 0
retries = 0
"""
WriteRecipe = Callable[[str], Path]
Doctor = Callable[..., Done]


@pytest.fixture
def doctor(tmp_path: Path, write_recipe: WriteRecipe) -> Doctor:
    """Run the command on a recipe with these options in its `[fetch]`."""
    (tmp_path / "web.txt").write_text("http://127.0.0.1:9/x.mp4\n", encoding="utf-8")

    def run(fetch: str = "", *arguments: str) -> Done:
        recipe = write_recipe(RECIPE + fetch)
        ended = CliRunner().invoke(app, ["doctor", str(recipe), *arguments])
        return Done(ended.exit_code, ended.stdout, ended.stderr)

    return run


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    song = make_video(tmp_path / "song.mp4", 2).read_bytes()
    with Site({"/song.mp4": song}) as site:
        yield site


@pytest.fixture
def ask_site(doctor: Doctor, tmp_path: Path) -> Doctor:
    """The command with --ask-site, on a list of these addresses."""

    def run(*addresses: str, fetch: str = "") -> Done:
        (tmp_path / "web.txt").write_text("\n".join(addresses), encoding="utf-8")
        return doctor(fetch, "--ask-site")

    return run


def test_all_that_fetching_needs_is_looked_at(doctor: Doctor, tmp_path: Path) -> None:
    done = doctor()
    assert done.code == 0
    assert said(done, "ok", "format") == ["`format` in [fetch] is a selector that yt-dlp takes"]
    (text,) = said(done, "ok", "governor")
    assert text == "asked in the last hour: nothing; allowed are 300 of each site"
    assert said(done, "ok", "disk")[0].endswith("0 of 20 GB of downloads wait to be cut")
    assert not (tmp_path / "songs").exists()


def test_an_old_downloader_gives_the_command_that_renews_it() -> None:
    old = downloader("2026.08.19", date(2026, 11, 21))
    assert (old.mark, old.text[:23]) == ("note", "2026.08.19, 94 days old")
    assert old.commands == ("pip install -U 'yt-dlp[default,deno]'",)
    assert downloader("2026.08.19", date(2026, 10, 18)).mark == "ok"
    assert downloader("2026.08.19.232811.dev0", date(2026, 8, 20)).text.endswith("1 days old")
    assert downloader("unknown", date(2026, 8, 20)).mark == "ok"


def test_a_runtime_for_scripts_is_shown_with_what_is_needed(doctor: Doctor) -> None:
    (text,) = said(doctor(), "ok", "javascript")
    assert "; yt-dlp needs " in text


def test_too_old_a_runtime_is_as_good_as_none(
    doctor: Doctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, prints in (("deno", "deno 1.40.0 (release)"), ("node", "v18.1.0")):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\necho '{prints}'\n", encoding="utf-8")
        program.chmod(0o755)
    monkeypatch.setattr("sysconfig.get_path", lambda *_, **__: str(tmp_path / "bin"))
    done = doctor()
    assert said(done, "absent", "javascript") == [
        "deno 1.40.0 is older than 2.3.0; node 18.1.0 is older than 22.0.0; YouTube needs one"
    ]
    assert f"$ {UPDATE}" in done.out


def test_a_wrong_selector_is_named(doctor: Doctor) -> None:
    done = doctor("format = 'bv[['\n")
    assert done.code == 1
    assert "no format selector of yt-dlp" in said(done, "MISSING", "format")[0]


def test_cookies_are_found_and_never_shown(doctor: Doctor, tmp_path: Path) -> None:
    jar = tmp_path / "jar.txt"
    option = f'cookies_file = "{jar}"\n'
    assert "cannot be read" in said(doctor(option), "MISSING", "cookies")[0]
    jar.write_text("# Netscape HTTP Cookie File\n.a.org\tTRUE\t/\tFALSE\t0\tsid\tsecret\n")
    done = doctor(option)
    assert said(done, "note", "cookies")[0].startswith(f"{jar} can be read.")
    jar.write_text("secret\n")
    broken = doctor(option)
    assert "jar.txt:1 is no line" in said(broken, "MISSING", "cookies")[0]
    assert "secret" not in done.out + done.err + broken.out + broken.err


@pytest.mark.parametrize(
    "address",
    ["http://me:se@cret@host:3128/x", "me:se@cret@host:3128", "socks5://host:3128?secret"],
)
def test_a_proxy_is_shown_without_its_credentials(doctor: Doctor, address: str) -> None:
    done = doctor(f'proxy = "{address}"\n')
    (text,) = said(done, "note", "proxy")
    assert text.endswith("host:3128")
    assert "cret" not in done.out + done.err
    assert "me:" not in without_credentials(address)


def test_a_nearly_full_disk_is_missing(doctor: Doctor) -> None:
    done = doctor("keep_free_gb = 1000000\n")
    assert done.code == 1
    assert "less than keep_free_gb = 1e+06" in said(done, "MISSING", "disk")[0]


def test_one_video_is_looked_up_and_not_downloaded(
    ask_site: Doctor, site: Site, tmp_path: Path
) -> None:
    done = ask_site(site.url("/song.mp4"), site.url("/other.mp4"))
    assert done.code == 0
    (text,) = said(done, "ok", "site")
    assert text.endswith(" can be had")
    assert "mp4" in said(done, "ok", "format")[-1]
    assert [path for path, _ in site.requests] == ["/song.mp4"]
    assert not list((tmp_path / "songs").rglob("*.mp4"))
    again = ask_site(site.url("/song.mp4"))
    assert "asked in the last hour: 127_0_0_1 1;" in said(again, "ok", "governor")[0]


@pytest.mark.parametrize(
    ("answer", "said_of_it"),
    [
        (404, "permanent: http_404: Unable to download webpage: HTTP Error 404: Not Found. That"),
        (503, "transient: http_503"),
        ("<title>no video</title>", "permanent: no_video"),
    ],
)
def test_what_a_site_refuses_has_its_class_and_remedy(
    ask_site: Doctor, site: Site, answer: object, said_of_it: str
) -> None:
    site.routes["/x.mp4"] = answer
    done = ask_site(site.url("/x.mp4"))
    assert done.code == 0
    assert said_of_it in said(done, "note", "site")[0]


def test_formats_that_the_selector_refuses_are_told(ask_site: Doctor, site: Site) -> None:
    done = ask_site(site.url("/song.mp4"), fetch='format = "bv[height>9000]"\n')
    assert "allow more" in said(done, "note", "site")[0]


def test_a_block_is_shown_kept_and_never_asked_into(
    ask_site: Doctor, doctor: Doctor, site: Site
) -> None:
    site.routes["/x.mp4"] = 429
    only_stop = "block_pauses_s = [600]\n"
    done = ask_site(site.url("/x.mp4"), fetch=only_stop)
    assert done.code == 1
    assert "The site asks us to stop. Wait" in said(done, "MISSING", "site")[0]
    again = ask_site(site.url("/x.mp4"), fetch=only_stop)
    assert again.code == 1
    assert "Nothing will be asked before 20" in said(again, "MISSING", "site")[0]
    assert len(site.requests) == 1
    assert "all asking rests: 127_0_0_1 (http_429)" in said(doctor(), "note", "governor")[0]


def test_asking_a_site_needs_a_recipe_with_a_site_in_it(
    write_recipe: WriteRecipe, tmp_path: Path
) -> None:
    ended = CliRunner().invoke(app, ["doctor", "--ask-site"])
    assert "needs a RECIPE" in str(ended.exception)
    make_video(tmp_path / "own" / "a.mp4", 1)
    recipe = write_recipe(
        '[dataset]\npath = "songs"\n[source.own]\nkind = "folder"\npath = "own"\n'
    )
    ended = CliRunner().invoke(app, ["doctor", str(recipe), "--ask-site"])
    assert "lists no video of a web site" in ended.stdout.replace("\n" + " " * 20, " ")
