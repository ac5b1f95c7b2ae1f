"""Number plans: a telephone has one kept form, and is found in each form in which it may have been kept."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_core.number_plans import PLANS, forms_of, one_number

SAME = {
    "Argentina": ("+5491166773399", "+541166773399"),
    "Mexico": ("+525512345678", "+5215512345678", "+5204455" + "12345678"),
    "Brazil": ("+5511987654321", "+551187654321"),
    "Ivory Coast, Orange": ("+2250707123456", "+22507123456"),
    "Ivory Coast, MTN": ("+2250545123456", "+22545123456"),
    "Ivory Coast, Moov": ("+2250101123456", "+22501123456"),
    "Ivory Coast, fixed lines of Orange": ("+2252722412345", "+22522412345"),
    "Ivory Coast, fixed lines of MTN": ("+2252520012345", "+22520012345"),
    "Ivory Coast, fixed lines of Moov": ("+2252120812345", "+22520812345"),
    "Benin": ("+2290197000000", "+22997000000"),
    "Gabon": ("+24177123456", "+24107123456", "+2417123456"),
    "Gabon, Libertis": ("+24166111111", "+24106111111", "+2416111111"),
    "Gabon, fixed lines": ("+24111123456", "+24101123456"),
    "Cameroon": ("+237677123456", "+23777123456"),
    "Cameroon, fixed lines": ("+237222201234", "+23722201234"),
    "Colombia": ("+576012345678", "+5712345678"),
    "Vietnam, Viettel": ("+84321234567", "+841621234567"),
    "Vietnam, MobiFone": ("+84701234567", "+841201234567"),
    "Palestine": ("+970591234567", "+972591234567"),
    "Réunion": ("+262692123456", "+33692123456"),
    "Guadeloupe": ("+590690123456", "+33690123456"),
    "San Marino": ("+3780549886377", "+390549886377"),
}
OTHERS = ["+14155552671", "+4930901820", "+549800123456", "+54800123456", "+551133334444", "+551178654321"]
OTHERS += ["+33612345678", "+390612345678", "+972521234567", "+84912345678", "+573001234567", "+237699123456"]

anything = st.builds(
    lambda code, rest: f"+{code}{rest}",
    st.sampled_from(
        ["54", "549", "52", "521", "55", "225", "229", "241", "237", "57", "84", "972", "970", "33", "262", "39"]
    ),
    st.text("0123456789", min_size=5, max_size=11),
)


@pytest.mark.parametrize("forms", SAME.values(), ids=SAME)
def test_all_forms_of_a_telephone_are_kept_as_one_and_found_by_each(forms: tuple[str, ...]) -> None:
    assert {one_number(form) for form in forms} == {forms[0]}
    assert forms_of(forms[-1])[0] == forms[0]
    assert set(forms[:2]) <= set(forms_of(forms[0]))


@pytest.mark.parametrize("number", OTHERS)
def test_other_numbers_stay_as_they_are(number: str) -> None:
    assert one_number(number) == number


@given(anything)
def test_a_kept_form_stays_and_its_forms_lead_back_to_it(number: str) -> None:
    kept = one_number(number)
    assert one_number(kept) == kept
    assert [one_number(form) for form in forms_of(number)] == [kept] * len(forms_of(number))


def test_a_number_has_one_plan_at_most() -> None:
    """Whatever the order of the table, the answer is the same."""
    samples = [forms[-1] for forms in SAME.values()]
    assert [sum(bool(re.fullmatch(plan.old, number[1:])) for plan in PLANS) for number in samples] == [1] * len(samples)
