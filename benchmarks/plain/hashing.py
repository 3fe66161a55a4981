"""Hash in the crawler's own process, as an item pipeline that goes by the libraries' documentation."""

import hashlib
import io
import logging
from typing import Any

import imagehash
import numpy as np
import pdqhash
from PIL import Image

logger = logging.getLogger(__name__)

Item = dict[str, Any]
"""Any: an item is whatever the spider put into it."""


class HashPipeline:
    """Exact digests of the bytes; pHash and PDQ of the decoded picture."""

    def process_item(self, item: Item) -> Item:
        """Replace the body by its hashes; those of the looks are None when it cannot be decoded."""
        body = item.pop("body")
        item["size"] = len(body)
        item["sha256"] = hashlib.sha256(body).hexdigest()
        item["md5"] = hashlib.md5(body).hexdigest()
        item["phash"] = item["pdq"] = item["quality"] = None
        try:
            image = Image.open(io.BytesIO(body)).convert("RGB")
        except (OSError, Image.DecompressionBombError):
            logger.info("not decoded")
            return item
        item["phash"] = str(imagehash.phash(image))
        bits, item["quality"] = pdqhash.compute(np.asarray(image))
        item["pdq"] = np.packbits(bits).tobytes().hex()
        return item
