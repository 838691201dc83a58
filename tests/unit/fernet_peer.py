"""A frontend's side of the envelope, by python3-cryptography.

Arguments: seal|open KEY TIME. Reads one item a line: for seal the payload in
hexadecimal, for open the body of an answer; writes the other, line by line.
"""
import base64
import sys

from cryptography.fernet import Fernet

action, key, time = sys.argv[1], sys.argv[2], int(sys.argv[3])
fernet = Fernet(key)
for line in sys.stdin.read().splitlines():
    if action == "seal":
        print(base64.b64encode(fernet.encrypt_at_time(bytes.fromhex(line), time)).decode())
    else:
        print(fernet.decrypt_at_time(base64.b64decode(line), ttl=60, current_time=time).hex())
