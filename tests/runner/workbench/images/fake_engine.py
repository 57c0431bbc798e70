"""A container engine for tests: a program called docker or podman that builds from nothing and pushes for real.

It writes every command line, what came on stdin, and the files it was given, with their times and modes, to the file
``ENGINE_LOG``; pushes to the registry at
``ENGINE_REGISTRY``; builds an image of ``ENGINE_CONTENT``. ``ENGINE_FAILS`` names a command that fails.
``ENGINE_BUILDX`` says that there is buildx, and which builder: ``own`` is Docker's own, which takes no notice of zstd;
``containerd`` the same where Docker keeps images in containerd; ``container`` one that buildx made. All as seen with
Docker 26.1 and buildx 0.13.
"""

import hashlib
import json
import os
import sys
import urllib.error
import urllib.request
from itertools import pairwise
from pathlib import Path

CONFIG = json.dumps({"architecture": "amd64", "os": "linux", "made": os.environ.get("ENGINE_CONTENT", "")}).encode()


DRIVERS = {
    "classic": '[["Backing Filesystem","extfs"],["Native Overlay Diff","true"]]',
    "containerd": '[["driver-type","io.containerd.snapshotter.v1"]]',
}


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def send(method: str, address: str, data: bytes, kind: str) -> str:
    request = urllib.request.Request(address, data=data, method=method, headers={"Content-Type": kind})
    with urllib.request.urlopen(request) as answer:
        return str(answer.headers.get("Location"))


def files_of(words: list[str]) -> dict[str, object]:
    """The files below the folder that is built, and the Dockerfile that is named."""
    folder = Path(words[-1])
    found: dict[str, object] = {}
    if "build" in words and folder.is_dir():
        for path in sorted(folder.rglob("*")):
            if not path.is_dir():
                status = path.lstat()
                found[path.relative_to(folder).as_posix()] = [int(status.st_mtime), oct(status.st_mode & 0o777)]
    if "--file" in words:
        found["--file"] = Path(words[words.index("--file") + 1]).read_text()
    return found


def upload(repository: str, tag: str, packed: str) -> None:
    base = f"http://{os.environ['ENGINE_REGISTRY']}"
    for data in (CONFIG, b"layer"):
        place = send("POST", f"{base}/v2/{repository}/blobs/uploads/", b"", "application/octet-stream")
        send("PUT", f"{base}{place}?digest={digest(data)}", data, "application/octet-stream")
    kind = "application/vnd.oci.image.manifest.v1+json"
    parts = {"config": {"digest": digest(CONFIG)}, "layers": [{"digest": digest(b"layer"), "mediaType": packed}]}
    body = json.dumps({"schemaVersion": 2, "mediaType": kind, **parts}).encode()
    send("PUT", f"{base}/v2/{repository}/manifests/{tag}", body, kind)


def main() -> int:
    words = sys.argv[1:]
    given = sys.stdin.read() if "--password-stdin" in words else ""
    with Path(os.environ["ENGINE_LOG"]).open("a", encoding="utf-8") as log:
        seen = {"words": [Path(sys.argv[0]).name, *words], "stdin": given, "files": files_of(words)}
        log.write(json.dumps(seen) + "\n")
    buildx = os.environ.get("ENGINE_BUILDX", "")
    if words in (["buildx", "version"], ["buildx", "inspect"]):
        print(f"Name:          default\nDriver:        docker{'' if buildx in ('own', 'containerd') else '-container'}")
        return 0 if buildx else 1
    if words[0] == "info":
        print(DRIVERS["containerd" if buildx == "containerd" else "classic"])
        return 0
    if os.environ.get("ENGINE_FAILS") in words:
        print("engine: it failed")
        return 1
    if "--iidfile" in words:
        Path(words[words.index("--iidfile") + 1]).write_text(digest(CONFIG))
    reference = next((word for word in words if "push=true" in word), "").partition("name=")[2].partition(",")[0]
    reference = words[-1] if words[0] == "push" else reference
    if reference:
        name, _, tag = reference.partition("/")[2].rpartition(":")
        try:
            zstd = "compression=zstd" in str(words) and buildx in ("containerd", "container")
            zstd = zstd or ("--compression-format", "zstd") in pairwise(words)
            upload(name, tag, f"application/vnd.oci.image.layer.v1.tar+{'zstd' if zstd else 'gzip'}")
        except urllib.error.HTTPError as error:
            print(error.read().decode())
            return 1
    else:
        print("engine: working")
    return 0


if __name__ == "__main__":
    sys.exit(main())
