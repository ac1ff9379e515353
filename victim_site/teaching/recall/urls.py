"""The addresses of the review and the quiz."""

from __future__ import annotations

from django.urls import path

from victim_site.teaching.recall import store
from victim_site.teaching.recall.views import quiz, review

urlpatterns = [
    path("review/", review.index, name="review"),
    path("review/start/", review.start, name="review-start"),
    path("review/<int:pk>/", review.question, name="review-question"),
    path("quiz/", quiz.index, name="quiz"),
    path("quiz/before/", quiz.form, {"form": store.BEFORE}, name="quiz-before"),
    path("quiz/after/", quiz.form, {"form": store.AFTER}, name="quiz-after"),
    path("quiz/answers.csv", quiz.as_csv, name="quiz-csv"),
    path("quiz/answers.json", quiz.as_json, name="quiz-json"),
]
