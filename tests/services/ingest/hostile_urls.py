"""Thousands of URLs that try to reach what is not public: addresses x spellings x disguises.

`urls()` is the table; `Network` stands for the world: it resolves names and takes connections down
instead of making them.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from typing import Any

PUBLIC = "93.184.215.14"
PUBLIC_NAME = "public.example"

PRIVATE_4 = (
    "127.0.0.1", "127.1.2.3", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255",
    "100.64.0.1", "100.127.255.254", "169.254.169.254", "169.254.0.1", "172.16.0.1",
    "172.31.255.254", "192.0.0.1", "192.0.0.170", "192.0.2.1", "192.88.99.1", "192.168.0.1",
    "192.168.255.254", "198.18.0.1", "198.19.255.254", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "239.255.255.250", "240.0.0.1", "255.255.255.255",
)  # fmt: skip
PRIVATE_6 = (
    "::", "::1", "::2", "100::1", "2001::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1",
    "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fdff::1", "fe80::1", "febf::1", "fec0::1",
    "ff01::1", "ff02::1", "ff0e::1", "4000::1", "8000::1", "e000::1", "64:ff9b:1::1",
)  # fmt: skip
# Names as an attacker's own DNS answers them, in turn. Each holds something that is not public.
ANSWERS: dict[str, list[list[str]]] = {
    "localhost": [["127.0.0.1"]],
    "localtest.example": [["127.0.0.1"]],
    "six.example": [["::1"]],
    "mixed.example": [[PUBLIC, "10.0.0.7"]],
    "mixed-late.example": [[PUBLIC] * 5 + ["192.168.1.1"]],
    "mixed-six.example": [[PUBLIC, "fd00::7"]],
    "mapped.example": [["::ffff:169.254.169.254"]],
    "nat64.example": [["64:ff9b::a9fe:a9fe"]],
    "sixtofour.example": [["2002:7f00:1::"]],
    "alias.example": [["10.1.1.1"]],  # a CNAME to an internal name ends here
    "metadata.example": [["169.254.169.254"]],
    "zone.example": [["fe80::1%eth0"]],
    "rebind-now.example": [["127.0.0.1"], [PUBLIC]],
}
PUBLIC_NAMES = frozenset({PUBLIC_NAME, f"www.{PUBLIC_NAME}"})

_FULL = str.maketrans("0123456789abcdefx.", "０１２３４５６７８９ａｂｃｄｅｆｘ．")
_CIRCLED = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")


def spellings_4(address: str) -> Iterator[str]:
    """How inet_aton, browsers and IDNA let one write an IPv4 address."""
    packed = int(ipaddress.IPv4Address(address))
    a, b, c, d = (int(part) for part in address.split("."))
    yield address
    yield f"{packed}"
    yield f"0x{packed:x}"
    yield f"0X{packed:08X}"
    yield f"0{packed:o}"
    yield f"000000{packed:o}"
    yield f"{a:#x}.{b:#x}.{c:#x}.{d:#x}"
    yield f"0{a:o}.0{b:o}.0{c:o}.0{d:o}"
    yield f"000{a:o}.{b}.{c:#x}.{d}"
    yield f"{a}.{b}.{c * 256 + d}"
    yield f"{a}.{b * 65536 + c * 256 + d}"
    yield f"{a:#x}.{b * 65536 + c * 256 + d:#x}"
    yield f"{a}.{packed & 0xFFFFFF}"
    yield address.translate(_FULL)
    yield f"{packed}".translate(_FULL)
    yield address.translate(_CIRCLED)
    yield address.replace(".", "。")
    yield address.replace(".", "｡")
    yield address.replace(".", "．")
    yield "".join(f"%{ord(char):02x}" for char in address)
    yield address.replace(".", "%2e")
    yield f"{address}."
    yield f"{address}.."
    yield f"[{address}]"
    for prefix in ("::ffff:", "::", "::ffff:0:", "64:ff9b::", "64:ff9b:1::", "0:0:0:0:0:ffff:"):
        yield f"[{prefix}{address}]"
    high, low = packed >> 16, packed & 0xFFFF
    yield f"[::ffff:{high:x}:{low:x}]"
    yield f"[::{high:x}:{low:x}]"
    yield f"[64:ff9b::{high:x}:{low:x}]"
    yield f"[2002:{high:x}:{low:x}::]"
    yield f"[2001:0:{high:x}:{low:x}::1]"
    yield f"[2001:0:4136:e378:8000:63bf:{high ^ 0xFFFF:x}:{low ^ 0xFFFF:x}]"  # Teredo's own
    yield f"[2a00:1450::5efe:{high:x}:{low:x}]"  # ISATAP
    yield f"[2a00:1450::200:5efe:{high:x}:{low:x}]"
    yield f"[fe80::5efe:{high:x}:{low:x}]"


def spellings_6(address: str) -> Iterator[str]:
    """How an IPv6 address can be written in a URL."""
    full = ipaddress.IPv6Address(address).exploded
    yield f"[{address}]"
    yield f"[{full}]"
    yield f"[{address.upper()}]"
    yield f"[{address}%25eth0]"
    yield f"[{address}%eth0]"
    yield f"[{address}%251]"
    yield address
    yield f"[{address}].{PUBLIC_NAME}"
    yield f"{full.replace(':', '-')}.ipv6-literal.net"


def disguises(host: str) -> Iterator[str]:
    """What stands around a host so that one parser sees it and another one does not."""
    other = PUBLIC_NAME
    yield f"http://{host}/"
    yield f"https://{host}/"
    yield f"HTTP://{host}/feed?x=1#y"
    yield f"http://{host}:80/"
    yield f"http://{host}:8080/"
    yield f"http://{host}:22/"
    yield f"http://{other}@{host}/"
    yield f"http://{other}:80@{host}/"
    yield f"http://{other}%40{host}/"
    yield f"http://{other}\\@{host}/"
    yield f"http://{host}\\@{other}/"
    yield f"http://{host}#@{other}/"
    yield f"http://{host}?@{other}/"
    yield f"http://{host};@{other}/"
    yield f"http://{other}#@{host}/"
    yield f"http://a@{other}@{host}/"
    yield f"http://a@{host}@{other}/"
    yield f"http://{other}:80\\@@{host}/"
    yield f"http:\\\\{host}\\"
    yield f"http:/{host}/"
    yield f"http:{host}"
    yield f"http:///{host}/"
    yield f"//{host}/"
    yield f"\thttp://{host}/"
    yield f"ht\ntp://{host}/"
    yield f"http://{host[:2]}\t{host[2:]}/"
    yield f"http://{host}\r\nHost: {other}/"
    yield f"http://{host}%00.{other}/"
    yield f"http://{host}\u0000.{other}/"
    yield f"http://{host}\u3002/"
    yield f"http://{host}:80:{other}/"
    yield f"http://{other}:{host}/"
    yield f"http://{host} {other}/"
    yield f"http://[{host}/"
    yield f"http://\u00ad{host}/"
    yield f"http://{host}\u200b/"
    yield f"ftp://{host}/"
    yield f"gopher://{host}:70/_x"
    yield f"file://{host}/etc/passwd"
    yield f"jar:http://{host}!/"


def hosts() -> Iterator[str]:
    """Every spelling of every address, and names that resolve to one."""
    for four in PRIVATE_4:
        yield from spellings_4(four)
    for six in PRIVATE_6:
        yield from spellings_6(six)
    for name in ANSWERS:
        yield from (name, name.upper(), f"{name}.", name.translate(_FULL))


def urls() -> list[str]:
    """The whole table."""
    return [url for host in dict.fromkeys(hosts()) for url in disguises(host)]


class Network:
    """A resolver and a wire. Numeric hosts are read by the system's own rules (inet_aton)."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []
        self.connected: list[tuple[str, int]] = []
        self._turns: dict[str, int] = {}
        self._resolve = socket.getaddrinfo
        self._connect = socket.create_connection

    def getaddrinfo(self, host: str, port: int, **_: Any) -> list[Any]:
        """As `socket.getaddrinfo`, without any question to the outside."""
        self.asked.append((host, port))
        name = host.rstrip(".").lower() if host.strip(".") else host
        if name in PUBLIC_NAMES:
            return self._entries([PUBLIC], port)
        if name in ANSWERS:
            turn = self._turns.get(name, 0)
            self._turns[name] = turn + 1
            return self._entries(ANSWERS[name][min(turn, len(ANSWERS[name]) - 1)], port)
        flags = socket.AI_NUMERICHOST
        return self._resolve(host.rstrip("."), port, type=socket.SOCK_STREAM, flags=flags)

    @staticmethod
    def _entries(addresses: list[str], port: int) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses]

    def create_connection(self, address: tuple[str, int], **_: Any) -> socket.socket:
        """Notes where a connection would have gone, and is unreachable."""
        self.connected.append(address)
        raise ConnectionRefusedError("nobody is there in this test")


class Pretending(socket.socket):
    """A connection to a server of this machine that passes for one to the public address."""

    def getpeername(self) -> Any:
        return (PUBLIC, 80)


class RedirectingNetwork(Network):
    """One whose public host is a real server of this machine."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    def create_connection(self, address: tuple[str, int], **_: Any) -> socket.socket:
        self.connected.append(address)
        if address[0] != PUBLIC:
            raise ConnectionRefusedError("nobody is there in this test")
        plain = socket.socket()
        plain.connect(("127.0.0.1", self._port))
        return Pretending(fileno=plain.detach())
