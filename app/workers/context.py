"""The context of every job."""

from email.headerregistry import Address

from saq.types import Context
from sqlalchemy.ext.asyncio import AsyncEngine

from app.domain.notifications.mail_server import MailConnectionPool
from app.domain.payments.gateway import PayPalGateway
from app.outage_log import OutageLog
from app.settings import Settings


class WorkerContext(Context):
    """SAQ's context with the resources of this worker."""

    settings: Settings
    sender: Address  # of every mail
    mail_connections: MailConnectionPool
    engine: AsyncEngine
    database: OutageLog
    paypal_gateway: PayPalGateway
