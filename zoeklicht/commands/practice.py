"""`zoeklicht practice`: a small local web of harmless pictures to practise on."""

import time
from pathlib import Path
from typing import Any

import click


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0 takes a free one.")
@click.option("--pictures", type=click.IntRange(60, 100_000), default=300, show_default=True, help="How many.")
@click.option("--seed", type=click.IntRange(0, 2**31), default=1, show_default=True, help="Another web for each.")
@click.option("--latency-ms", type=click.FloatRange(0, 60_000), default=0, show_default=True, help="Time of an answer.")
@click.option(
    "--features",
    "feature_names",
    default="all",
    show_default=True,
    metavar="all|basic|NAME,…",
    help="What there is besides the basic image host and forum.",
)
@click.option("--prepaint", is_flag=True, help="Paint all pictures before it is ready, not when asked for.")
@click.option("--truth", "truth_path", type=click.Path(path_type=Path, allow_dash=True), help="Write the truth (JSON).")
@click.option("--known", "known_path", type=click.Path(path_type=Path, allow_dash=True), help="Write its known list.")
def practice(
    port: int,
    pictures: int,
    seed: int,
    latency_ms: float,
    feature_names: str,
    prepaint: bool,
    truth_path: Path | None,
    known_path: Path | None,
) -> None:
    """Serve a practice web on loopback addresses (127.0.0.2 and up) until it is ended.

    Its pictures are made on the spot, the same for the same --seed, and live in memory only. Some of them are on its
    known list, in several disguises; the truth says which, so that a crawl can be scored. Besides an image host and a
    forum there are sites that prove one feature of a crawler each. Files are written (- is stdout) before the line that
    says it is ready.
    """
    # Imported here: no other command needs Twisted's reactor, which the first import installs, nor what paints.
    from twisted.internet import reactor  # noqa: PLC0415

    from zoeklicht.practice.features import features_named  # noqa: PLC0415
    from zoeklicht.practice.places import FORUM_HOSTS, IMAGE_HOSTS  # noqa: PLC0415
    from zoeklicht.practice.server import Server  # noqa: PLC0415
    from zoeklicht.practice.truth import as_json, known_csv  # noqa: PLC0415
    from zoeklicht.practice.web import build  # noqa: PLC0415

    try:
        features = features_named(feature_names)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--features") from None
    began = time.monotonic()
    server = Server(reactor, port=port, latency=latency_ms / 1000)
    web = build(seed=seed, pictures=pictures, port=server.port, features=features)
    if prepaint:
        web.shelf.fill()
    server.serve(web)
    _write(truth_path, as_json(web.truth))
    _write(known_path, known_csv(web.known))
    ready = (
        f"practice web on http://{IMAGE_HOSTS[0]}:{server.port}/ and http://{FORUM_HOSTS[0]}:{server.port}/, "
        f"{web.truth.pages} pages and {web.truth.pictures} pictures, ready in {time.monotonic() - began:.1f} s"
    )
    running: Any = reactor  # Any: Twisted's interfaces have no usable types
    running.callWhenRunning(lambda: print(ready, flush=True))  # by then SIGTERM ends it in order
    running.run()


def _write(path: Path | None, content: bytes) -> None:
    if path is None:
        return
    if str(path) == "-":
        click.echo(content, nl=False)
        return
    try:
        path.write_bytes(content)
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written ({type(error).__name__}). Name another file.") from None
