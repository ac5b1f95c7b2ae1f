"""Every sentence of the pages is in a catalogue, translated so that it can be said."""

import pytest
from babel.messages.pofile import read_po

from api.pages.page_words import PageName, script_words, words_of
from bots.extract_messages import PLURALS, in_step, translated
from testkit.page_catalogues import collect_pages, path_for
from tests.bots.translations import faults, texts

SENTENCES = collect_pages()
CASES = [(page, code) for page in PageName for code in PLURALS]


@pytest.mark.parametrize(("page", "code"), CASES)
def test_a_catalogue_of_a_page_has_what_is_said_there_and_nothing_else(page: PageName, code: str) -> None:
    """`make words` corrects this."""
    path = path_for(page, code)
    assert path.read_bytes() == in_step(code, SENTENCES[page], path, others=translated(code))


@pytest.mark.parametrize(("page", "code"), CASES)
def test_every_sentence_of_a_page_is_translated_and_can_be_said(page: PageName, code: str) -> None:
    with path_for(page, code).open("rb") as file:
        wrong = {texts(one.id)[0]: faults(one, says_html=False) for one in read_po(file, locale=code) if one.id}
    assert {sentence: found for sentence, found in wrong.items() if found} == {}


@pytest.mark.parametrize("code", PLURALS)
def test_a_script_gets_the_sentences_of_its_page_and_of_the_shell(code: str) -> None:
    said = script_words(PageName.SCAN, code)
    assert said["Try again"] == words_of(PageName.SCAN, code).plain("Try again") != "Try again"
