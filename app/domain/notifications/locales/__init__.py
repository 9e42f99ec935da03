"""The words of the mails, a folder for each locale.

To add German: copy the folder `en` to `de`, translate what it says, and name it here. `EMAIL_LOCALE=de` then uses it.
"""

from app.domain.notifications.locale import Locale
from app.domain.notifications.locales import en

LOCALES: dict[str, Locale] = {"en": en.LOCALE}


def locale_for(tag: str) -> Locale:
    """Return the locale of a language tag such as `de-AT`: its own, else that of its language, else English."""
    return LOCALES.get(tag) or LOCALES.get(tag.partition("-")[0], en.LOCALE)
