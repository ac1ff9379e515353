"""The icons of the log and the picture: paths of line drawings in a square of 16."""

PAGE = "M3 1h7l3 3v11H3zM10 1v3h3"
WINDOW = "M1 2h14v12H1zM1 5h14"
BANK = "M1 6l7-5 7 5zM3 6v7M6.3 6v7M9.7 6v7M13 6v7M1 15h14"
COOKIE = "M14 8a6 6 0 1 1-6-6a3 3 0 0 0 3 3a3 3 0 0 0 3 3zM6 7v.2M6 10.7v.2M9.5 10v.2"
PERSON = "M8 2a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM2 14c1-4 11-4 12 0"
RESULT = "M4 15V1M4 2h9l-2 3 2 3H4"

WARNING = "M8 1l7 13H1zM8 6v4M8 12v.5"
CHECK = "M2 8l4 4 8-9"
SHIELD = "M8 1l6 2v5c0 4-3 6-6 7-3-1-6-3-6-7V3zM5 8l2 2 4-4"
CROSSED_OUT = "M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zM4 12l8-8"
DASH = "M3 8h10"
