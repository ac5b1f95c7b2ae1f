"""Every sentence of the pages is in a catalogue, translated so that it can be said."""

import json
from functools import cache

import pytest
from babel.messages.pofile import read_po

from api.pages.page_words import STATIC, PageName, script_words, words_of
from bots.extract_messages import PLURALS, has_words, in_step, translated
from testkit.page_catalogues import CALL, COMMENT, collect_pages, page_of, path_for
from tests.bots.translations import faults, texts

sentences = cache(collect_pages)
CASES = [(page, code) for page in PageName for code in PLURALS]


@pytest.mark.parametrize(("page", "code"), CASES)
def test_a_catalogue_of_a_page_has_what_is_said_there_and_nothing_else(page: PageName, code: str) -> None:
    """`make words` corrects this."""
    path = path_for(page, code)
    assert path.read_bytes() == in_step(code, sentences()[page], path, others=translated(code))


@pytest.mark.parametrize(("page", "code"), CASES)
def test_every_sentence_of_a_page_is_translated_and_can_be_said(page: PageName, code: str) -> None:
    with path_for(page, code).open("rb") as file:
        wrong = {texts(one.id)[0]: faults(one, says_html=False) for one in read_po(file, locale=code) if one.id}
    assert {sentence: found for sentence, found in wrong.items() if found} == {}


@pytest.mark.parametrize(("page", "code"), CASES)
def test_scripts_get_all_that_they_say_and_nothing_that_only_the_server_says(page: PageName, code: str) -> None:
    said = script_words(page, code)
    scripts = [path for path in STATIC.glob("*.js") if page_of(path) in {page, PageName.SHELL}]
    calls = [call for path in scripts for call in CALL.finditer(COMMENT.sub("", path.read_text("utf-8")))]
    assert {one for call in calls if has_words(one := json.loads(call[2]))} - said.keys() == set()
    assert said["Try again"] == words_of(page, code).plain("Try again") != "Try again"
    assert ("Waiting time in minutes" in said, len(str(said)) < 20_000) == (False, True)
