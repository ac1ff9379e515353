"""The file that says who is connected."""

from __future__ import annotations

import json
from pathlib import Path

from room.arrivals import Arrivals


def test_where_nothing_can_be_written_people_still_get_in(tmp_path: Path) -> None:
    """And the next change tells what was missed."""
    folder = tmp_path / "room"
    folder.mkdir()
    arrivals = Arrivals(folder / "way-in.json", "tulip")
    (folder / "way-in.new").mkdir()  # In the way, as a full disk would be.
    arrivals.joined("first", "10.0.0.5")
    assert arrivals.laptops == ["10.0.0.5"]
    (folder / "way-in.new").rmdir()
    arrivals.joined("second", "10.0.0.6")
    said = json.loads((folder / "way-in.json").read_text())
    assert said["laptops"] == ["10.0.0.5", "10.0.0.6"]
