"""Measurement: are the items fit to stand for what they are meant to measure?

Reliability, number of factors, exploratory factors, convergent and discriminant validity, common-method
checks and the measurement models to compare.

Names are resolved on first use (``__init__.pyi`` says where they live): importing the room costs nothing.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
