"""A page for each widget, dialog and screen with sample data, to look at while they are built."""
