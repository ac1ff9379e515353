"""The addresses of a room."""

from __future__ import annotations

from django.urls import path

from victim_site.teaching.room.views import join, trainer

urlpatterns = [
    path("join/", join.join, name="join"),
    path("join/device/", join.device, name="device"),
    path("vote/", join.vote, name="vote"),
    path("vote/live/", join.vote_live, name="vote-live"),
    path("room/", trainer.room, name="room"),
    path("room/enter/", trainer.enter, name="room-enter"),
    path("room/live/", trainer.live, name="room-live"),
    path("room/strip/", join.strip, name="room-strip"),
    path("room/held/<slug:slug>/", join.still_held, name="still-held"),
    path("room/wall/", trainer.wall, name="wall"),
    path("room/wall/live/", trainer.wall_live, name="wall-live"),
    path("room/say/", trainer.say, name="room-say"),
    path("room/hold/", trainer.hold, name="room-hold"),
    path("room/hold/live/", trainer.hold_live, name="room-hold-live"),
    path("room/vote/live/", trainer.vote_live, name="room-vote-live"),
    path("room/vote/", trainer.vote, name="room-vote"),
    path("room/door/", trainer.door, name="room-door"),
    path("room/idle/", trainer.remove_idle, name="room-idle"),
    path("room/reset/", trainer.reset, name="room-reset"),
    path("room/people/<int:pk>/", trainer.person, name="room-person"),
    path("room/people.csv", trainer.export, {"kind": "csv"}, name="room-csv"),
    path("room/people.json", trainer.export, {"kind": "json"}, name="room-json"),
    path("room/quiz.csv", trainer.export_quiz, name="room-quiz"),
]
