"""The bank's addresses, as the public contract has them."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.urls import path

from victim_site.bank import feed, views
from victim_site.bank.weakness import Weakness

urlpatterns = [
    path("", views.account, name="account"),
    path("login", views.sign_in, name="login"),
    path("logout", views.sign_out, name="logout"),
    path("transfer", views.transfer, name="transfer"),
    path("pay", views.pay, name="pay"),
    path("email", views.email, name="email"),
    path("password", views.password, name="password"),
    path("statement", views.statement, name="statement"),
    path(feed.PATH.removeprefix("/"), feed.handshake, name="statement-feed"),
    path("avatar", views.upload_avatar, name="avatar"),
    path("avatar/image", views.avatar_image, name="avatar-image"),
    path("api/transfer", views.api_transfer, name="api-transfer"),
]


@cache
def addresses(weaknesses: tuple[Weakness, ...]) -> Any:
    """Return the addresses of a bank with these weaknesses, in a form that Django can resolve.

    The pages of the weaknesses come first, so that they can replace one of the bank's; in a lab
    without the weakness, they don't exist.
    """
    weak = [path(where, view) for one in weaknesses for where, view in one.pages().items()]
    return *weak, *urlpatterns
