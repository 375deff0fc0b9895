"""What a stack is: one validated, frozen document per stack, and the three environments' defaults side by side."""

from settings.document.loader import load_settings, object_store_credentials
from settings.models.names import Names
from settings.models.platform import PlatformSettings

__all__ = ["Names", "PlatformSettings", "load_settings", "object_store_credentials"]
