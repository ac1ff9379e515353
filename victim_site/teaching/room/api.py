"""The room in JSON, for the trainer's own tools: `/api/room`."""

from __future__ import annotations

import hmac
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja import Router, Schema
from ninja.security import HttpBearer

from victim_site.teaching.room.views.trainer import people_as_json

router = Router()


class Secret(HttpBearer):
    def authenticate(self, request: HttpRequest, token: str) -> bool:
        secret = settings.ROOM_SECRET
        return bool(secret) and hmac.compare_digest(token.encode(), secret.encode())


class LessonOut(Schema):
    predicted: str
    tried: str
    fixed: str
    since: str


class StuckOut(Schema):
    on: str
    say: str


class PersonOut(Schema):
    name: str
    browser: str
    lessons: dict[str, LessonOut]
    stuck: StuckOut | None


class RoomOut(Schema):
    people: list[PersonOut]


@router.get(
    "/room",
    response=RoomOut,
    auth=Secret(),
    summary="Who is in the room, and how far",
    operation_id="victim_site_room_who_is_here",
)
def who_is_here(request: HttpRequest) -> dict[str, Any]:
    """Only with the trainer's secret, as `Authorization: Bearer <secret>`."""
    return {"people": people_as_json()}
