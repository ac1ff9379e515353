"""Cross-site request forgery, tried in real browsers: launch an attack, observe it, judge it.

The engine of the CSRF Playground. It knows no framework, no test runner, and no application.
"""
