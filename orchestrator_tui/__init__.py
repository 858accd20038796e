"""Supervises a fleet of Claude CLI agents in tmux."""
