"""What a container registry keeps: blobs, manifests and tags. ECR and the OCI registry serve the same store."""

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fake_aws.errors import AwsError

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"


@dataclass(frozen=True)
class Stored:
    """A manifest or index, verbatim."""

    digest: str
    body: bytes
    media_type: str
    pushed: float


@dataclass
class Repository:
    """One repository. Tags are immutable but those that begin with ``stage-``."""

    name: str
    images: dict[str, Stored] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    findings: dict[str, int] = field(default_factory=dict)

    def find(self, reference: str) -> Stored | None:
        """An image by tag or digest."""
        return self.images.get(self.tags.get(reference, reference))

    def put(self, body: bytes, media_type: str, tag: str = "") -> str:
        """Keeps an image under a tag, as ECR's PutImage does."""
        digest = digest_of(body)
        known = digest in self.images
        if tag and tag in self.tags and self.tags[tag] != digest and not tag.startswith("stage-"):
            text = f"The image tag '{tag}' already exists in the '{self.name}' repository and cannot be overwritten."
            raise AwsError("ImageTagAlreadyExistsException", text)
        if known and (not tag or self.tags.get(tag) == digest):
            raise AwsError(
                "ImageAlreadyExistsException", f"Image with digest '{digest}' and tag '{tag}' already exists"
            )
        parts = json.loads(body)
        digests = [part["digest"] for part in parts.get("manifests", [])] or [parts["config"]["digest"]]
        for part in digests:
            if part not in self.images and part not in self.blobs:
                raise AwsError("ReferencedImagesNotFoundException", f"{part} is not there")
        if not known:
            self.images[digest] = Stored(digest, body, media_type, time.time())
        if tag:
            self.tags[tag] = digest
        return digest

    def add_blob(self, data: bytes) -> str:
        """Keeps a layer or configuration."""
        digest = digest_of(data)
        self.blobs[digest] = data
        return digest

    def add_image(self, content: str, *tags: str, architecture: str = "amd64") -> str:
        """Makes and keeps an image of one layer."""
        layer = content.encode()
        config = json.dumps({"architecture": architecture, "os": "linux", "made": content}).encode()
        body = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": {"mediaType": "config", "digest": self.add_blob(config), "size": len(config)},
            "layers": [{"mediaType": "layer", "digest": self.add_blob(layer), "size": len(layer)}],
        }
        data = json.dumps(body, indent=3).encode()  # bytes that no encoder gives by chance
        return self._keep(data, OCI_MANIFEST, tags)

    def add_index(self, content: str, *tags: str) -> str:
        """Makes and keeps an image for two architectures, with an attestation."""
        parts = [(self.add_image(f"{content} {name}", architecture=name), name) for name in ("amd64", "arm64")]
        parts.append((self.add_image(f"{content} attestation", architecture="unknown"), "unknown"))
        manifests = [
            {"mediaType": OCI_MANIFEST, "digest": digest, "size": 1, "platform": {"architecture": name, "os": "linux"}}
            for digest, name in parts
        ]
        body = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests}
        return self._keep(json.dumps(body, indent=3).encode(), OCI_INDEX, tags)

    def _keep(self, body: bytes, media_type: str, tags: tuple[str, ...]) -> str:
        for tag in tags or ("",):
            digest = self.put(body, media_type, tag)
        return digest


@dataclass
class ImageStore:
    """The repositories of one registry."""

    repositories: dict[str, Repository] = field(default_factory=dict)
    blob_address: Callable[[str, str], str] = lambda repository, digest: f"http://127.0.0.1:9/{repository}/{digest}"

    def repository(self, name: str) -> Repository:
        """The repository of that name, which is made when it is missing."""
        return self.repositories.setdefault(name, Repository(name))


def digest_of(data: bytes) -> str:
    """The digest of some bytes."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def details(repository: Repository) -> list[dict[str, Any]]:
    """The images as DescribeImages describes them."""
    images = []
    for digest, image in repository.images.items():
        shown: dict[str, Any] = {
            "imageDigest": digest,
            "imageTags": sorted(tag for tag, tagged in repository.tags.items() if tagged == digest),
            "imagePushedAt": image.pushed,
            "imageSizeInBytes": len(image.body) * 1000,
            "imageManifestMediaType": image.media_type,
        }
        if repository.findings:
            shown["imageScanFindingsSummary"] = {"findingSeverityCounts": repository.findings}
        images.append(shown)
    return images
