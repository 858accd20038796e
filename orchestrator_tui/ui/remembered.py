"""What the dashboard remembers, by its meaning; values of another shape than expected count as forgotten."""

from collections.abc import Mapping
from typing import cast

from orchestrator_tui.core.errors import UsageError
from orchestrator_tui.core.memory import Memories
from orchestrator_tui.core.pool import checked_preset_name, parse_pool
from orchestrator_tui.ui.model import Panel


class Remembered:
    """Filters belong to the session; presets and the guidance of the first start to the user.

    ``configured`` are the presets of the user's configuration, which no saved one replaces.
    """

    def __init__(self, memories: Memories | None, configured: Mapping[str, str]) -> None:
        self._memories = memories or Memories()
        self._configured = configured
        self._may_guide = memories is not None

    def filters(self) -> dict[Panel, str]:
        """Each panel's filter at the end of the last start."""
        known = {panel.name.lower(): panel for panel in Panel}
        texts = _texts(self._memories.session.get("filters"))
        return {known[name]: text for name, text in texts.items() if name in known and text}

    def keep_filters(self, filters: Mapping[Panel, str]) -> None:
        """Remembers the filters."""
        self._memories.session.put("filters", {panel.name.lower(): text for panel, text in filters.items() if text})

    def takes_guidance(self) -> bool:
        """Whether this is the user's first start; the answer is yes only once."""
        if not self._may_guide or self._memories.user.get("guidance_seen") is True:
            return False
        self._memories.user.put("guidance_seen", True)
        return True

    def presets(self) -> dict[str, str]:
        """Pools by name, the configured ones first."""
        return {**self._configured, **{k: v for k, v in self._saved().items() if k not in self._configured}}

    def keep_preset(self, name: str, pool: str) -> None:
        """Saves a preset. Raises UsageError for a name or a pool that cannot be used."""
        checked_preset_name(name, "preset_name")
        if name in self._configured:
            raise UsageError(
                f"{name} stands in your config.toml.",
                remedy="Choose another name, or change it there.",
                field="preset_name",
            )
        parse_pool(pool)
        self._memories.user.put("presets", {**self._saved(), name: pool})

    def _saved(self) -> dict[str, str]:
        return _texts(self._memories.user.get("presets"))


def _texts(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    pairs = cast("dict[object, object]", value).items()
    return {key: text for key, text in pairs if isinstance(key, str) and isinstance(text, str)}
