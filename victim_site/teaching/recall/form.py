"""What a learner answers, and how sure of it."""

from __future__ import annotations

from django import forms
from django.http import QueryDict

from victim_site.teaching.recall.questions import SURENESS, Question


def _radio(missing: str) -> forms.ChoiceField:
    errors = {"required": missing, "invalid_choice": f"That isn’t one of them. {missing}"}
    return forms.ChoiceField(widget=forms.RadioSelect, error_messages=errors)


class AnswerForm(forms.Form):
    """The answers of a question, and three degrees of sureness."""

    answer = _radio("Choose what will happen.")
    sureness = _radio("Say how sure you are.")

    def __init__(self, question: Question, data: QueryDict | None = None) -> None:
        super().__init__(data)
        for name, choices in (("answer", question.choices), ("sureness", SURENESS)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = list(choices.items())
