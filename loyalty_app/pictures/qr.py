"""QR codes: black on white with the quiet zone of four modules that readers need, whole pixels for each module."""

import qrcode
from PIL import Image

QUIET_ZONE = 4
# Any mask can be read. Trying all eight, as the standard proposes, takes eight times as long.
MASK = 3


def qr_picture(text: str, side: int) -> Image.Image:
    """A square of at most `side` pixels, as large as whole modules allow; error correction M.

    A text too long for `side` gives a larger picture with a pixel a module. Raises ValueError beyond 2,331 bytes.
    """
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=QUIET_ZONE, mask_pattern=MASK)
    code.add_data(text, optimize=0)
    code.make()
    rows = code.get_matrix()
    dots = bytes(0 if dark else 255 for row in rows for dark in row)
    modules = len(rows)
    scale = max(1, side // modules)
    return Image.frombytes("L", (modules, modules), dots).resize((modules * scale,) * 2, Image.Resampling.NEAREST)
