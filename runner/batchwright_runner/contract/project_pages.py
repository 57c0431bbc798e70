"""Where the project and its pages are, for people who have installed a wheel. Standard library only."""

import re

REPOSITORY = "https://github.com/OWNER/batchwright"
"""Its page. Until the first release ``OWNER`` is nobody; ``tests/test_own_name.py`` lists where it stands."""
_PAGE = re.compile(r"(?<![\w/])docs/(?=[\w/-]+\.md)")


def with_addresses(text: str) -> str:
    """A text that names pages as ``docs/PAGE.md``, with their addresses."""
    return _PAGE.sub(f"{REPOSITORY}/blob/main/docs/", text)
