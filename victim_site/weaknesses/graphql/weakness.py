"""The bank's GraphQL API executes a mutation however it's sent: by GET, as a form or as JSON."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import render
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLResolveInfo,
    OperationType,
    build_schema,
    execute_sync,
    get_operation_ast,
    parse,
    validate,
)

from victim_site.bank.actions import Action, Invalid, mistakes
from victim_site.bank.models import Account
from victim_site.bank.requests import BankRequest
from victim_site.bank.views import api_transfer
from victim_site.bank.weakness import View, Weakness
from victim_site.fields import form_fields, json_object, submitted

ADDRESS = "api/graphql"
# Enough for what tools ask to learn the schema. What is longer could keep the bank busy.
MOST_TOKENS, LONGEST = 300, 4000
SCHEMA_TEXT = """\
type Query {
  account: Account!
}

type Mutation {
  transfer(to: String!, amount: Int!): Account!
}

type Account {
  username: String!
  balance: Int!
  email: String!
}
"""
SCHEMA = build_schema(SCHEMA_TEXT)


class Root:
    """What the fields of `Query` and `Mutation` return; those of `Account` are a customer's."""

    def account(self, info: GraphQLResolveInfo[BankRequest]) -> Account:
        customer = info.context.user
        assert isinstance(customer, Account)  # The endpoint lets nobody else through.
        return customer

    def transfer(self, info: GraphQLResolveInfo[BankRequest], to: str, amount: int) -> Account:
        request = info.context
        if request.change:
            raise Invalid("The document must make no more than one payment.")
        form = api_transfer.form({"to": to, "amount": amount})
        if not form.is_valid():
            raise Invalid(mistakes(form))
        api_transfer.perform(request, form.cleaned_data)
        return self.account(info)


class Asked(forms.Form):
    """The fields of a request, as the GraphQL-over-HTTP draft names them."""

    query = forms.CharField()
    variables = forms.CharField(required=False)
    operationName = forms.CharField(required=False)  # noqa: N815

    def clean_query(self) -> DocumentNode:
        """Return the document, which fits the schema."""
        text = self.cleaned_data["query"]
        try:
            document = parse(text, max_tokens=MOST_TOKENS, max_source_length=LONGEST)
            errors = validate(SCHEMA, document, max_errors=1)
        except RecursionError:
            raise forms.ValidationError("The document is nested too deeply.") from None
        except GraphQLError as error:
            errors = [error]
        if errors:
            raise forms.ValidationError(errors[0].message)
        return document

    def clean_variables(self) -> dict[str, Any]:
        """Return the variables, whose texts can be stored."""
        try:
            variables = json.loads(self.cleaned_data["variables"] or "{}")
            json.dumps(variables, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            raise forms.ValidationError("The variables are not JSON.") from None
        if not isinstance(variables, dict):
            raise forms.ValidationError("The variables must be a JSON object.")
        return variables

    def clean(self) -> None:
        """Find the operation, if the document has several."""
        fields = self.cleaned_data
        fields["operationName"] = fields.get("operationName") or None
        if "query" in fields:
            fields["operation"] = get_operation_ast(fields["query"], fields["operationName"])
            if fields["operation"] is None:
                raise forms.ValidationError("The operationName must be that of an operation.")


def _body(request: HttpRequest) -> dict[str, str]:
    """Return the fields of the body; variables are JSON in JSON."""
    if request.content_type != "application/json":
        return form_fields(request)
    fields = {name: value for name, value in json_object(request).items() if value is not None}
    try:
        return {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in fields.items()
        }
    except RecursionError:
        raise BadRequest("The body is nested too deeply.") from None


def _execute(request: BankRequest, fields: dict[str, Any]) -> JsonResponse:
    """Return what the operation returns.

    Raises:
        Invalid: It failed. The first error is enough, since nothing has happened then.
    """
    result = execute_sync(
        SCHEMA,
        fields["query"],
        root_value=Root(),
        context_value=request,
        variable_values=fields["variables"],
        operation_name=fields["operationName"],
    )
    if result.errors:
        error = result.errors[0]
        cause = error.original_error
        raise Invalid(error.message) if cause is None or isinstance(cause, GraphQLError) else cause
    return JsonResponse({"data": result.data})


def _mutate(request: BankRequest, fields: dict[str, Any]) -> JsonResponse:
    answer = _execute(request, fields)
    if not request.change:
        raise Invalid("The mutation changes nothing.")
    return answer


class Endpoint(Action):
    """One address for everything. It acts on mutations; on other requests, it only answers."""

    def acts(self, request: BankRequest) -> bool:
        if not super().acts(request):
            return False
        asked = self.form(submitted(request))
        return asked.is_valid() and asked.cleaned_data["operation"].operation is (
            OperationType.MUTATION
        )

    def __call__(self, request: BankRequest) -> HttpResponse:
        if request.method not in {"GET", "HEAD", "POST"}:
            return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
        asked = self.form(submitted(request))
        if not asked.is_valid():
            return JsonResponse({"error": mistakes(asked)}, status=400)
        if not request.user.is_authenticated:
            return JsonResponse({"error": "Sign in first."}, status=401)
        try:
            return _execute(request, asked.cleaned_data)
        except Invalid as mistake:
            return JsonResponse({"error": str(mistake)}, status=422)


def _developers(request: HttpRequest) -> HttpResponse:
    return render(request, "graphql/developers.html", {"schema": SCHEMA_TEXT})


endpoint = Endpoint("transfer", Asked, _mutate, json=True, sensitive=True, body=_body)


class GraphQL(Weakness):
    menu = ("/developers", "Developers")

    def pages(self) -> dict[str, View]:
        return {"developers": _developers, ADDRESS: endpoint}
