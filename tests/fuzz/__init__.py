"""Generated calls against everything that strangers write to: the property is a clear error, never a crash."""
