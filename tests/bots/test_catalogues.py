"""Every sentence of the bot is in every catalogue, translated so that it can be said."""

import gettext
import re
from pathlib import Path

import pytest
from babel import Locale
from babel.messages.catalog import Message

from bots.extract_messages import (
    PLURALS,
    SOURCE,
    Sentence,
    collect,
    in_step,
    path_of,
    sentences_in,
    to_translate,
    translated,
)
from bots.words import LANGUAGES, words_for
from tests.bots.translations import LONGEST_LABEL, MISSING, broken_html, faults, label_length, places, texts

SENTENCES = collect()
BY_ENGLISH = to_translate(SENTENCES)
LABELS = {sentence.one for sentence in SENTENCES if sentence.way == "label"}
HTML = {sentence.one for sentence in SENTENCES if sentence.way in {"say", "count"}}
WITHOUT_HTML = {sentence.one for sentence in SENTENCES if sentence.way in {"label", "plain", "plain_count"}}
UNICODE_ORDER = ("zero", "one", "two", "few", "many", "other")


def english(sentence: Sentence) -> list[str]:
    return [sentence.one, *([sentence.many] if sentence.many else [])]


# The sentences of the source.


def test_the_bot_says_something() -> None:
    assert len(BY_ENGLISH) > 10
    assert LABELS
    assert HTML
    assert WITHOUT_HTML


def test_a_sentence_gets_just_the_values_that_it_names() -> None:
    for sentence in SENTENCES:
        named = [places(text) for text in english(sentence)]
        assert None not in named, sentence
        if sentence.values is not None:
            assert set().union(*filter(None, named)) | ({"n"} if sentence.many else set()) == sentence.values, sentence


def test_a_plural_shows_its_number() -> None:
    assert [sentence for sentence in SENTENCES if sentence.many and "n" not in (places(sentence.many) or ())] == []


def test_english_is_html_where_html_is_read() -> None:
    assert [fault for sentence in HTML for fault in broken_html(sentence)] == []


def test_a_label_of_a_button_is_short() -> None:
    assert [label for label in LABELS if label_length(label) > LONGEST_LABEL] == []


def test_where_no_html_is_read_there_is_none() -> None:
    assert [sentence for sentence in WITHOUT_HTML if re.search(r"<[^>]*>|&\w+;", sentence)] == []


# The catalogues.


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_catalogue_has_the_sentences_that_are_said_and_no_others(code: str) -> None:
    """`make words` corrects this."""
    kept = [texts(message.id) for message in translated(code) if message.id]

    assert sorted(kept) == sorted(map(english, BY_ENGLISH.values()))


@pytest.mark.parametrize("code", PLURALS)
def test_every_sentence_is_translated(code: str) -> None:
    missing = [one(message) for message in translated(code) if message.id and faults(message) == [MISSING]]

    assert missing == []


@pytest.mark.parametrize("code", PLURALS)
def test_every_translation_can_be_said(code: str) -> None:
    wrong = {one(message): faults_where_it_is_said(message) for message in translated(code) if message.id}

    assert {sentence: found for sentence, found in wrong.items() if found not in ([], [MISSING])} == {}


def faults_where_it_is_said(message: Message) -> list[str]:
    return faults(message, says_html=one(message) in HTML, is_label=one(message) in LABELS)


def one(message: Message) -> str:
    return texts(message.id)[0]


@pytest.mark.parametrize("code", PLURALS)
def test_every_sentence_can_be_said_with_any_number(code: str) -> None:
    words = words_for(code)

    for sentence in BY_ENGLISH.values():
        values = {name: "x" for text in english(sentence) for name in places(text) or ()} | {"n": 7}
        assert words.say(sentence.one, **values)
        for number in range(120):
            values.pop("n", None)
            assert not sentence.many or words.count(sentence.one, sentence.many, number, **values)


def test_there_is_a_catalogue_for_every_language_but_english() -> None:
    folders = {path.name for path in (path_of(SOURCE).parent).iterdir() if path.is_dir()}

    assert set(PLURALS) == set(LANGUAGES) - {SOURCE} == folders


def test_no_compiled_catalogue_is_kept() -> None:
    assert list(path_of(SOURCE).parent.rglob("*.mo")) == []


@pytest.mark.parametrize("code", PLURALS)
def test_the_forms_of_a_plural_are_those_of_the_language(code: str) -> None:
    rule = Locale.parse(code).plural_form
    form_of = gettext.c2py(PLURALS[code].partition("plural=")[2].rstrip(";"))
    reached = [tag for tag in UNICODE_ORDER if tag in {rule(number) for number in range(1_000)}]

    assert len(reached) == translated(code).num_plurals
    assert all(reached[form_of(number)] == rule(number) for number in range(1_000))


# The checks notice what is wrong.


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("", MISSING),
        ("<b>{shop}</b> hat {rewards} Stempel", "placeholders"),
        ("<b>{shop}</b> hat Stempel", "placeholders"),
        ("<b>{shop}</b> hat {n Stempel", "braces"),
        ("<b>{shop}</b> hat {} {n} Stempel", "braces"),
        ("<b>{shop}</b> hat {n!r} Stempel", "braces"),
        ("{shop} hat {n} Stempel", "tags"),
        ("<i>{shop}</i> hat {n} Stempel", "tags"),
        ("</b>{shop}<b> hat {n} Stempel", "wrong here"),
        ("<b>{shop}</b> hat {n} Stempel & mehr", "stray"),
        ("<b>{shop}</b> hat {n} Stempel ", "spaces"),
        ("<b>{shop}</b> hat\n{n} Stempel", "lines"),
    ],
)
def test_a_wrong_translation_is_noticed(said: str, fault: str) -> None:
    assert any(fault in found for found in faults(Message("<b>{shop}</b> has {n} stamps", said)))


@pytest.mark.parametrize("text", ["a<br>b", "<b>a", "<b><i>a</b></i>", "a < b", "a & b", "</b>a<b>"])
def test_html_that_telegram_would_refuse_is_noticed(text: str) -> None:
    assert broken_html(text)


def test_a_right_translation_has_no_faults() -> None:
    assert faults(Message("<b>{shop}</b> has {n} stamps", "{n} Stempel bei <b>{shop}</b> &amp; Co.")) == []


def test_a_fuzzy_translation_is_none() -> None:
    assert faults(Message("Hello", "Hallo", flags=["fuzzy"])) == ["is fuzzy"]


def test_a_form_for_one_may_say_its_number_in_a_word_but_no_form_may_be_missing() -> None:
    assert (
        faults(Message(("{n} stamp of {shop}", "{n} stamps of {shop}"), ("ein Stempel, {shop}", "{n}, {shop}"))) == []
    )
    assert faults(Message(("{n} stamp", "{n} stamps"), ("ein Stempel", ""))) == [MISSING]
    assert faults(Message(("{n} stamp of {shop}", "{n} stamps of {shop}"), ("ein Stempel", "{n}, {shop}")))


def test_a_long_label_is_noticed_but_not_for_what_is_put_into_it() -> None:
    assert faults(Message("Undo", "x" * 41), is_label=True)
    assert not faults(Message("Undo {what_was_done_here}", "x" * 39 + "{what_was_done_here}"), is_label=True)


# Collecting.


def found(source: str) -> list[tuple[str, str, str | None]]:
    return [(sentence.way, sentence.one, sentence.many) for sentence in sentences_in(source, "bots/example.py")]


def test_sentences_are_collected_wherever_words_say_them() -> None:
    source = """
turn.say(fold(turn.words.say("One {a}", a=words_for(code).plain("Two"))))
words.count("{n} card", "{n} cards", 3)
words.label("Yes" if sure else "No")
TABLE = [N_("Later"), other("not this")]
words.plain(TABLE[0])
"a b".count("a")
"""

    assert found(source) == [
        ("say", "One {a}", None),
        ("plain", "Two", None),
        ("count", "{n} card", "{n} cards"),
        ("label", "Yes", None),
        ("label", "No", None),
        ("N_", "Later", None),
    ]


@pytest.mark.parametrize("argument", ['f"Hello {name}"', '"Hello " + name', '"Hello %s" % name'])
def test_a_sentence_that_is_put_together_is_refused(argument: str) -> None:
    with pytest.raises(ValueError, match=r"bots/example\.py:1: .* nobody can translate it"):
        found(f"words.say({argument})")


@pytest.mark.parametrize("source", ['turn.say("Hello")', 'button("Yes", "yes")', 'turn.toast("Done")'])
def test_a_text_that_is_shown_without_words_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match="in no catalogue"):
        found(source)


def test_what_has_no_words_in_it_is_not_translated() -> None:
    sentences = list(sentences_in('words.say("<b>{shop}</b> · {code}")\nwords.say("Hi")', "bots/example.py"))

    assert list(to_translate(sentences)) == ["Hi"]


def test_a_comment_for_translators_goes_along() -> None:
    sentences = to_translate(list(sentences_in('# Translators: a verb\nwords.label("Open")', "bots/example.py")))

    assert b'#. Translators: a verb\nmsgid "Open"' in in_step(SOURCE, sentences)


def test_a_translation_outlives_its_neighbours_and_goes_with_its_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bots.extract_messages.HERE", tmp_path)
    path = path_of("de")
    path.parent.mkdir(parents=True)
    path.write_text(
        'msgid ""\nmsgstr "Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\nmsgid "Yes"\nmsgstr "Ja"\n\n'
        'msgid "No"\nmsgstr "Nein"\n\n#, fuzzy\nmsgid "Perhaps"\nmsgstr "Niemals"\n'
    )
    source = 'words.say("Perhaps")\nwords.say("Never")\nwords.say("Yes")'
    text = in_step("de", to_translate(list(sentences_in(source, "bots/example.py")))).decode()

    assert (
        '#, fuzzy\nmsgid "Perhaps"\nmsgstr "Niemals"\n\nmsgid "Never"\nmsgstr ""\n\nmsgid "Yes"\nmsgstr "Ja"\n' in text
    )
    assert "Nein" not in text
