"""The demo agent: a stand-in for the Claude CLI that needs no account, no model and no network.

It runs by path in an isolated interpreter (``python -I -S -E demo_agent``), so it uses the standard library only and
never imports the rest of the package. Modules that are slow to load (``asyncio``, ``dataclasses``, ``http``,
``typing``) stay out: its prompt is drawn within 150 ms of its start, in under 20 MB.
"""
