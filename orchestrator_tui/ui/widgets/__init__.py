"""The dashboard's widgets; each draws what it is given and reports what was picked."""
