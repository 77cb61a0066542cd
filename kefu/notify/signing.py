"""The signatures of DingTalk's and Feishu's robots; WeCom has none but the key in the url."""

import base64
import hashlib
import hmac
from urllib.parse import quote


def dingtalk_sign(secret: str, time_ms: int) -> str:
    """The value of `sign` in the query, url-encoded.

    base64 of HMAC-SHA256 whose key is the secret and whose message is "{ms}\\n{secret}". DingTalk
    refuses times that are more than an hour off.
    """
    message = f"{time_ms}\n{secret}".encode()
    digest = hmac.new(secret.encode(), message, hashlib.sha256).digest()
    return quote(base64.b64encode(digest), safe="")


def feishu_sign(secret: str, time_s: int) -> str:
    """The value of `sign` in the body.

    base64 of HMAC-SHA256 whose *key* is "{s}\\n{secret}" and whose message is empty. Feishu
    refuses times that are more than an hour off.
    """
    digest = hmac.new(f"{time_s}\n{secret}".encode(), b"", hashlib.sha256).digest()
    return base64.b64encode(digest).decode()
