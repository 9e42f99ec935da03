"""The texts of the mails, one folder for each locale.

To add German, copy the folder `en` to `de`, translate its texts, and add it to LOCALES. Then set `EMAIL_LOCALE=de`.
"""

from app.domain.notifications.locale import Locale
from app.domain.notifications.locales import en

LOCALES: dict[str, Locale] = {"en": en.LOCALE}


def locale_for(tag: str) -> Locale:
    """Return the locale for a language tag such as `de-AT`: the exact one, else the language's, else English."""
    return LOCALES.get(tag) or LOCALES.get(tag.partition("-")[0], en.LOCALE)
