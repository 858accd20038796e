"""Floor 1: tmux panes, processes and their health."""
