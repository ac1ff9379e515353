"""The flawed ones: defenses as people have shipped them, each bypassed by one attack."""
