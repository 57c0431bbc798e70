"""The project that is deployed, as the people who work on it see it."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

WHO = ("-c", "user.name=journey", "-c", "user.email=journey@example.com")


@dataclass(frozen=True, slots=True)
class Project:
    """A project under git.

    Attributes:
        folder: Where it is.
    """

    folder: Path

    @property
    def tag(self) -> str:
        """The tag of images of the last commit."""
        return f"sha-{self.git('rev-parse', 'HEAD')[:12]}"

    def replace(self, file: str, old: str, new: str) -> None:
        """Edits a file."""
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def commit(self, message: str) -> str:
        """Commits everything. Returns the tag of its images."""
        self.git("add", "--all")
        self.git(*WHO, "commit", "--quiet", "--message", message)
        return self.tag

    def git(self, *words: str) -> str:
        """Runs git. Returns what it prints."""
        return subprocess.run(["git", *words], cwd=self.folder, stdout=subprocess.PIPE, text=True, check=True).stdout
