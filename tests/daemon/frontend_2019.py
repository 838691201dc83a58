"""A frontend as people wrote them for the Python server in 2019: its own Fernet, its own names, nothing of ours."""

from __future__ import annotations

import base64
import itertools
import json
import urllib.request
from typing import Any

from cryptography.fernet import Fernet


class Frontend2019:
    """All that changes when it moves: `url` and `key`."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self.fernet = Fernet(key.encode())
        self.numbers = itertools.count(1)

    def request(self, name: str, body: dict[str, Any]) -> tuple[bool, dict[str, Any], list[str]]:
        reqid = next(self.numbers)
        payload = {"request": name, "body": body, "reqid": reqid, "client_ipaddr": "192.0.2.44"}
        sealed = base64.b64encode(self.fernet.encrypt(json.dumps(payload).encode()))
        with urllib.request.urlopen(urllib.request.Request(self.url, data=sealed, method="POST"), timeout=30) as reply:
            opened = json.loads(self.fernet.decrypt(base64.b64decode(reply.read())))
        if opened["reqid"] != reqid:
            raise AssertionError(f"an answer to another request: {opened['reqid']}")
        return opened["success"], opened["response"], opened["message"]
