"""The sample of docs/permissions.md."""

from constructs import Construct

from batchwright import BatchPlatform, FargateBatch


class OrderMail(FargateBatch):
    """Mails each new order to the warehouse."""

    def __init__(self, scope: Construct, platform: BatchPlatform) -> None:
        super().__init__(
            scope,
            "order-mail",
            platform=platform,
            owner="shop-team",
            command=["python", "order_mail.py"],
            environment={"BUCKET": "new-orders", "QUEUE": "warehouse"},
        )
