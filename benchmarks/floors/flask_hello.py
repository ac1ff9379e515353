"""A bare Flask: a route that says hello."""

from __future__ import annotations

from flask import Flask

application = Flask(__name__)


@application.get("/")
def hello() -> str:
    return "Hello"
