"""The workbench: exploits that attendees write, each owner's on a site of its own.

Each owner has two hosts. `exploit-<public>` is where the exploits are read; it's in Origin headers,
so anyone may know it. `workbench-<secret>` is where they're written; only its owner is told, and no
page of it makes a request elsewhere that would name it.

`exploit` and `store` are what's kept, `owners` says how an owner is made (at the attacker's own
host), `reading` and `writing` are what the two hosts answer, and `asked` keeps other sites' pages
from asking.
"""
