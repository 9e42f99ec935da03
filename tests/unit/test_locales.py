"""Every locale has texts for every mail. A language without a locale gets English."""

from pathlib import Path
from typing import get_args

import pytest

from app.domain.notifications import locales
from app.domain.notifications.compose import compose
from app.domain.notifications.locales import LOCALES, en, locale_for
from app.domain.notifications.schemas import AccountKind, Kind
from tests.support.mail.messages import NOW, SENDER, content, make_message


def test_each_folder_is_a_locale() -> None:
    folders = {path.name for path in Path(locales.__path__[0]).iterdir() if (path / "__init__.py").exists()}
    assert set(LOCALES) == folders
    assert {tag: locale.language for tag, locale in LOCALES.items()} == {tag: tag for tag in LOCALES}


@pytest.mark.parametrize("tag", sorted(LOCALES))
def test_every_mail_has_words_in_every_locale(tag: str) -> None:
    locale = LOCALES[tag]
    assert {kind for kind, _ in locale.words} == set(get_args(Kind))
    assert locale.words.keys() == en.LOCALE.words.keys()  # of each role, too
    assert set(locale.account_texts) == set(get_args(AccountKind))


def test_a_tag_selects_its_locale_its_language_or_english(monkeypatch: pytest.MonkeyPatch) -> None:
    german = en.LOCALE._replace(language="de", salutation=lambda name: f"Guten Tag {name},")
    monkeypatch.setitem(LOCALES, "de", german)
    assert [locale_for(tag) for tag in ("de", "de-AT", "en", "en-GB", "fr", "")] == [german] * 2 + [en.LOCALE] * 4
    page = content(compose(make_message(), locale_for("de-AT"), SENDER, NOW), "html")
    assert "<p>Guten Tag Zoë Müller,</p>" in page
    assert '<html lang="de">' in page
