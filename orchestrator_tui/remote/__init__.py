"""Floor 4, above the endpoint's room whose words it speaks: the supervisor as a screen in another process sees it."""
