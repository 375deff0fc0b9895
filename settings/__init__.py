"""What a stack is: one validated, frozen document per stack, and the three environments' defaults side by side."""

from settings.loader import load_settings, object_store_credentials
from settings.models import PlatformSettings
from settings.names import Names

__all__ = ["Names", "PlatformSettings", "load_settings", "object_store_credentials"]
