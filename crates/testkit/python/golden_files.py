"""Where golden files go, and how they are written."""

import json
import logging
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent / "../../forecast-core/tests/golden"
# Golden files are read at every test and reviewed by people.
FILE_BYTES_MAX = 150_000


def out_dir(folder=""):
    """The folder named on the command line, or that of the tests; makes Prophet quiet."""
    for logger in ("cmdstanpy", "prophet"):
        logging.getLogger(logger).disabled = True
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / folder
    path.mkdir(parents=True, exist_ok=True)
    return path


def write(path, name, content, bytes_max=FILE_BYTES_MAX):
    """Writes `name`.json in one line; says how large it is, and refuses what is too large."""
    # repr of a float is its shortest exact form, so nothing is lost in the file.
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n"
    size = len(text.encode())
    if size > bytes_max:
        sys.exit(f"{name}.json has {size} bytes, at most {bytes_max} are kept")
    (path / f"{name}.json").write_text(text, encoding="utf-8")
    print(f"{name}.json {size} bytes")
