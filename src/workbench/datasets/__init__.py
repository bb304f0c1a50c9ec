"""Named data: shipped, public and simulated surveys.

Names are resolved on first use (``__init__.pyi`` says where they live): importing the room costs nothing.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
