"""A picture as it is stored: reading, holding and writing it without loss."""

from apercu.image.files import file_sha256, shown_path
from apercu.image.picture import Image, Pixels
from apercu.image.read import read_image
from apercu.image.write import check_output, encode_png, write_image

__all__ = [
    "Image",
    "Pixels",
    "check_output",
    "encode_png",
    "file_sha256",
    "read_image",
    "shown_path",
    "write_image",
]
