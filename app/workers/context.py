"""What every job is given."""

from email.headerregistry import Address

from saq.types import Context
from sqlalchemy.ext.asyncio import AsyncEngine

from app.domain.notifications.mail_server import MailServers
from app.domain.payments.gateway import PayPalAccount
from app.outage_log import Outage
from app.settings import Settings


class WorkerContext(Context):
    """SAQ's context and ours."""

    settings: Settings
    sender: Address  # of every mail
    mail_servers: MailServers
    engine: AsyncEngine
    database: Outage
    paypal_account: PayPalAccount
