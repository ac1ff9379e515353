"""What a learner answers, and how sure of it."""

from __future__ import annotations

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy

from victim_site.teaching.recall.questions import SURENESS, Question, sureness


class AnswerForm(forms.Form):
    """The answers of a question, and three degrees of sureness."""

    answer = forms.ChoiceField(
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose what will happen."),
            "invalid_choice": gettext_lazy("That isn’t one of them. Choose what will happen."),
        },
    )
    sureness = forms.ChoiceField(
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Say how sure you are."),
            "invalid_choice": gettext_lazy("That isn’t one of them. Say how sure you are."),
        },
    )

    def __init__(self, question: Question, data: QueryDict | None = None) -> None:
        super().__init__(data)
        degrees = {code: sureness(code) for code in SURENESS}
        for name, choices in (("answer", question.choices), ("sureness", degrees)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = list(choices.items())
