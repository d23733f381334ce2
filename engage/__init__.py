"""engage: early engagement between government and industry."""

__version__ = "0.1.0"
