"""What a mail program makes of a message, by Python's email package.

Reads the message, prints JSON: its headers, the parts of the body, and the defects
that were found. `sender` is From as the package's older functions decode it: the
newer ones put a blank between encoded words of a name (Python issue 35547).
"""
from __future__ import annotations

import email
import email.header
import email.policy
import json
import sys
from email.message import EmailMessage
from typing import Any


def defects(message: EmailMessage) -> list[str]:
    found = [str(defect) for defect in message.defects]
    for name, value in message.items():
        found += [f"{name}: {defect}" for defect in value.defects]
    for part in message.iter_parts() if message.is_multipart() else ():
        found += defects(part)
    return found


def part(message: EmailMessage) -> dict[str, Any]:
    return {
        "type": message.get_content_type(),
        "charset": message.get_content_charset(),
        "encoding": message["Content-Transfer-Encoding"],
        "text": message.get_content().replace("\r\n", "\n"),
    }


def mailboxes(header: Any) -> list[list[str]]:
    return [[each.display_name, each.addr_spec] for each in header.addresses]


def main() -> None:
    data = sys.stdin.buffer.read()
    message = email.message_from_bytes(data, policy=email.policy.default)
    sender = email.header.decode_header(email.message_from_bytes(data)["From"])
    print(json.dumps({
  "names" : message.keys(), "headers" : {
  name: str(value) for name, value in message.items()
  },
        "sender": str(email.header.make_header(sender)),
        "from": mailboxes(message["From"]),
        "to": mailboxes(message["To"]),
        "date": message["Date"].datetime.isoformat(),
        "type": message.get_content_type(),
        "parts": [part(each) for each in message.walk() if not each.is_multipart()],
        "defects": defects(message),
    }))


main()
