"""Floor 4: the dashboard; the only importer of textual and rich."""

import importlib
import os

_FRAMES = "TEXTUAL_FPS"

if _FRAMES not in os.environ:
    # After a picture the next one waits for one to two frames (textual.timer, 8.2.8), up to 33 ms at the usual 60 a
    # second: too long for a key. It is read once, at the import, and is not meant for the programs that we start.
    os.environ[_FRAMES] = "120"
    importlib.import_module("textual.constants")
    del os.environ[_FRAMES]
