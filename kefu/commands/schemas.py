"""`kefu schemas`: the contract as JSON Schema and AsyncAPI, for readers in other languages."""

from pathlib import Path

import click
import orjson

import schemas
from kefu.errors import FoundWrongError, UserError
from kefu.options import json_option, print_json
from schemas.export import asyncapi, json_schemas

SCHEMA_SUFFIX = ".schema.json"
ASYNCAPI_FILE = "asyncapi.json"
OWNED = f"kefu.*{SCHEMA_SUFFIX}"
"""Files that this command wrote, at one time or another: it may remove them."""


@click.command()
@click.option(
    "--out",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write to; else schemas/generated beside kefu's own code.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where a file has drifted.")
@json_option
def command(folder: Path | None, check: bool, as_json: bool) -> None:
    """Write one JSON Schema per event and output type, and one AsyncAPI document.

    Files kefu.*.schema.json in that folder whose type is gone are removed.
    """
    folder = folder or Path(schemas.__file__).parent / "generated"
    wanted = documents()
    try:
        drifted = drift(folder, wanted)
        if not check:
            _write(folder, wanted, drifted)
    except OSError as error:
        raise UserError(f"{folder}: {error.strerror or error}") from None
    if as_json:
        print_json({"folder": str(folder), "files": len(wanted), "drifted": drifted})
    if check and drifted:
        lines = "\n".join(f"  {folder / name}: {what}" for name, what in drifted.items())
        raise FoundWrongError(f"not what the types say; run `kefu schemas`:\n{lines}")
    if not as_json:
        done = "in order" if check else f"{len(drifted)} changed"
        click.echo(f"{folder}: {len(wanted)} documents, {done}")


def documents() -> dict[str, bytes]:
    """Every generated file: its name and its bytes."""
    found = {f"{tag}{SCHEMA_SUFFIX}": document for tag, document in json_schemas().items()}
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    return {
        name: orjson.dumps(document, option=options)
        for name, document in {**found, ASYNCAPI_FILE: asyncapi()}.items()
    }


def drift(folder: Path, wanted: dict[str, bytes]) -> dict[str, str]:
    """What is wrong with each file that is not as wanted: missing, differs, or stale."""
    found = {}
    for name, content in wanted.items():
        path = folder / name
        if not path.exists():
            found[name] = "missing"
        elif path.read_bytes() != content:
            found[name] = "differs"
    ours = {path.name for path in folder.glob(OWNED)}
    return {**found, **dict.fromkeys(sorted(ours - wanted.keys()), "stale")}


def _write(folder: Path, wanted: dict[str, bytes], drifted: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in drifted:
        if name in wanted:
            (folder / name).write_bytes(wanted[name])
        else:
            (folder / name).unlink()
