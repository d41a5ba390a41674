# SPDX-License-Identifier: GPL-2.0-or-later
"""Generic netlink without a library, so that a test can say anything to the
kernel, and see all it answers.  Names come from the uapi headers."""

import os
import re
import socket
import struct

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP = 1, 4, 0x300
NLM_F_REPLACE, NLM_F_EXCL, NLM_F_CREATE = 0x100, 0x200, 0x400
NLM_F_DUMP_INTR = 0x10
NLMSG_ERROR, NLMSG_DONE = 2, 3
NLM_F_CAPPED, NLM_F_ACK_TLVS = 0x100, 0x200
SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, NETLINK_CAP_ACK = 270, 1, 10
NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK = 11, 12
GENL_ID_CTRL, CTRL_CMD_GETFAMILY = 16, 3
NLA_F_NESTED = 0x8000


class NetlinkError(Exception):
    """MISSING: type of an attribute that is; OFFSET: of the one that is wrong"""

    def __init__(self, errno, message, missing=None, offset=None):
        super().__init__(f"{os.strerror(errno)}: {message}")
        self.errno, self.message = errno, message
        self.missing, self.offset = missing, offset


def constants(header):
    """Names and numbers of the enums and defines of a uapi header."""
    found = {}
    with open(os.path.join(ROOT, "include/uapi/linux", header)) as file:
        text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
    for body in re.findall(r"enum\s*\w*\s*\{(.*?)\}", text, flags=re.S):
        value = 0
        for entry in filter(None, map(str.strip, body.split(","))):
            name, _, given = (part.strip() for part in entry.partition("="))
            value = int(given, 0) if given else value
            found[name] = value
            value += 1
    for name, value in re.findall(r"#define\s+(\w+)\s+\"?(\w+)\"?$", text,
                                  flags=re.M):
        found[name] = int(value, 0) if value[0].isdigit() else value
    return found


def attr(kind, payload):
    data = struct.pack("=HH", 4 + len(payload), kind) + payload
    return data + bytes(-len(data) % 4)


def u8(kind, value):
    return attr(kind, struct.pack("=B", value))


def u16(kind, value):
    return attr(kind, struct.pack("=H", value))


def be16(kind, value):
    return attr(kind, struct.pack("!H", value))


def u32(kind, value):
    return attr(kind, struct.pack("=I", value))


def u64(kind, value):
    return attr(kind, struct.pack("=Q", value))


def nest(kind, *parts):
    return attr(kind | NLA_F_NESTED, b"".join(parts))


def addr(kind, text):
    """A CSCI-ID, CS-ID, SID or next hop: 16 bytes, IPv4 as IPv4-mapped."""
    return attr(kind, address(text))


def address(text):
    if ":" in text:
        return socket.inet_pton(socket.AF_INET6, text)
    return bytes(10) + b"\xff\xff" + socket.inet_aton(text)


def parse(data):
    """Attributes as a dictionary of lists."""
    found, offset = {}, 0
    while offset + 4 <= len(data):
        length, kind = struct.unpack_from("=HH", data, offset)
        found.setdefault(kind & 0x3fff, []).append(data[offset + 4:offset + length])
        offset += (length + 3) & ~3
    return found


def number(attrs, kind):
    data = attrs[kind][0]
    return int.from_bytes(data, "little")


class Family:
    """A family, in the network namespace of the thread that makes it."""

    def __init__(self, name, header=None):
        self.c = constants(header or f"{name}.h")
        self.name = name
        self.seq = 0
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)
        self.sock.bind((0, 0))
        for option in NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK:
            self.sock.setsockopt(SOL_NETLINK, option, 1)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
        self.groups = {}
        self.id = GENL_ID_CTRL
        reply = self.call(CTRL_CMD_GETFAMILY, attr(2, name.encode() + b"\0"))[0]
        self.id = number(reply, 1)
        for group in parse(reply[7][0]).values() if 7 in reply else []:
            fields = parse(group[0])
            self.groups[fields[1][0].rstrip(b"\0").decode()] = number(fields, 2)

    def __getattr__(self, name):
        """family.SID_SID is the attribute, family.CMD_SID_GET the command."""
        prefix = self.__dict__["name"].upper() + "_"
        for full in prefix + "A_" + name, prefix + name:
            if full in self.__dict__["c"]:
                return self.__dict__["c"][full]
        raise AttributeError(name)

    def send(self, cmd, payload, flags, length=None):
        self.seq += 1
        body = struct.pack("=BBH", cmd, 1, 0) + payload
        header = struct.pack("=IHHII", length or 16 + len(body), self.id,
                             NLM_F_REQUEST | flags, self.seq, 0)
        self.sock.send(header + body)

    def messages(self, timeout=20):
        """(type, flags, payload) of each message of one datagram."""
        self.sock.settimeout(timeout)
        data = self.sock.recv(1 << 20)
        while data:
            length, kind, flags, seq, _ = struct.unpack_from("=IHHII", data)
            yield kind, flags, seq, data[16:length]
            data = data[(length + 3) & ~3:]

    @staticmethod
    def text(tlvs):
        return tlvs.get(1, [b""])[0].rstrip(b"\0").decode()

    @staticmethod
    def error(flags, payload):
        code, = struct.unpack_from("=i", payload)
        tlvs = parse(payload[20:]) if flags & NLM_F_ACK_TLVS else {}
        text = Family.text(tlvs)
        missing = number(tlvs, 5) if 5 in tlvs else None
        offset = number(tlvs, 2) if 2 in tlvs else None
        return NetlinkError(-code, text, missing, offset) if code else None

    def call(self, cmd, payload=b"", flags=NLM_F_ACK, length=None):
        """Replies as dictionaries; NetlinkError if the kernel refuses."""
        self.send(cmd, payload, flags, length)
        replies, self.interrupted = [], False
        while True:
            for kind, flags, seq, data in self.messages():
                if seq != self.seq:
                    continue
                self.interrupted |= bool(flags & NLM_F_DUMP_INTR)
                if kind == NLMSG_ERROR:
                    error = self.error(flags, data)
                    if error:
                        raise error
                    return replies
                if kind == NLMSG_DONE:
                    code, = struct.unpack_from("=i", data)
                    if code < 0:
                        tlvs = parse(data[4:]) if flags & NLM_F_ACK_TLVS else {}
                        raise NetlinkError(-code, self.text(tlvs))
                    return replies
                replies.append(parse(data[4:]))

    def dump(self, cmd, payload=b""):
        return self.call(cmd, payload, NLM_F_DUMP)

    def join(self, group):
        self.sock.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
                             self.groups[group])

    def events(self, timeout):
        """(command, attributes) of what comes in one datagram."""
        return [(data[0], parse(data[4:]))
                for _, _, seq, data in self.messages(timeout) if not seq]
