"""The errors that AWS answers with."""


class AwsError(Exception):
    """An answer that is an error: its code, message, HTTP status and further members."""

    def __init__(self, code: str, message: str, status: int = 400, **members: object) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.members = members
