"""The batch's command. All that it must know is in config/export.ini, as on the host where it ran before."""

import configparser
import csv
import hashlib
import hmac
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

CONFIG = Path("config/export.ini")


def main() -> None:
    # Without interpolation: a key may hold a percent sign.
    config = configparser.ConfigParser(interpolation=None)
    with CONFIG.open(encoding="utf-8") as stream:
        config.read_file(stream)
    since = date.fromisoformat(config["members"]["joined_since"])
    key = config["privacy"]["hash_key"].encode()
    exported = 0
    for number, address in joined(Path(config["members"]["file"]), since):
        print(f"{number},{hmac.new(key, address.encode(), hashlib.sha256).hexdigest()[:16]}")
        exported += 1
    print(f"exported {exported} members who joined since {since}")


def joined(path: Path, since: date) -> Iterator[tuple[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            if date.fromisoformat(row["joined"]) >= since:
                yield row["number"], row["address"]


if __name__ == "__main__":
    try:
        main()
    except (OSError, configparser.Error, KeyError, ValueError) as error:
        sys.exit(f"the export stopped: {error}")
