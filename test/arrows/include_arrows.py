#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""include_arrows.py ROOT - do all #include lines follow the arrows?

    cmd -> node -> p2p/server -> p2p/net, and the cores
    plugins -> protocols;  cores, protocols -> rlp, crypto -> base

Arrows never turn back, each library's header appears only in the folder that
owns the library, and pure folders see no socket, clock, thread, randomness or
log. The world is closed: a folder or a header that is not listed here is an
error, so that adding one is a decision.
"""
import fnmatch
import os
import re
import sys

BASE = ["p2p/base"]
CODECS = ["p2p/rlp", "p2p/crypto"] + BASE
CORES = ["p2p/rlpx", "p2p/enode", "p2p/discover", "p2p/dnsdisc", "p2p/nat",
         "p2p/nodedb"]
SERVER = ["p2p/net"] + CORES + CODECS
NODE = ["p2p/server", "protocols"] + SERVER

# What the files of a folder may include, besides their own folder. The
# longest matching folder counts.
ARROWS = {
    "p2p/base": [],
    "p2p/rlp": BASE,
    "p2p/crypto": BASE,
    "p2p/net": BASE,
    "p2p/rlpx": CODECS,
    "p2p/enode": CODECS,
    "p2p/discover": ["p2p/enode"] + CODECS,
    "p2p/dnsdisc": ["p2p/enode"] + CODECS,
    "p2p/nat": ["p2p/enode"] + CODECS,
    "p2p/nodedb": ["p2p/enode"] + CODECS,
    "p2p/server": SERVER,
    "protocols": CODECS,
    "node": NODE,
    "cmd": ["node"] + NODE,
    "packaging": ["cmd", "node"],
    "plugins": ["protocols"],
}

# Which folders or files may include a library's header.
OWNERS = {
    "uv.h": ["p2p/net"],
    "ares.h": ["p2p/net"],
    "secp256k1*.h": ["p2p/crypto"],
    "sodium.h": ["p2p/crypto"],
    "openssl/*": ["p2p/crypto"],
    "snappy-c.h": ["p2p/rlpx/snappy_block.c"],
    "miniupnpc/*": ["p2p/nat"],
    "natpmp.h": ["p2p/nat"],
    "lmdb.h": ["p2p/nodedb"],
    "jansson.h": ["node", "cmd"],
    "yaml.h": ["node"],
    "microhttpd.h": ["node/http"],
    "wslay/*": ["node/http"],
    "curl/*": ["node/http"],
    "uthash.h": ["p2p/crypto", "p2p/net", "p2p/server", "node"] + CORES,
    "utlist.h": ["p2p/net", "p2p/server", "node", "protocols"] + CORES,
    "sanitizer/*": ["p2p/net", "p2p/crypto"],
    "valgrind/*": ["p2p/net", "p2p/crypto"],
    "weft/*": ["node", "plugins"],
    "initializer_list": ["plugins/include"],  # for C++
}

# Made by the build, so not in the tree.
GENERATED = ["weft/abi.h"]

# libc, and the kernel's headers, without what does I/O, waits or looks at a
# clock: these are for anyone.
LIBC_PURE = """
    assert.h ctype.h endian.h errno.h float.h inttypes.h limits.h math.h
    stdalign.h stdarg.h stdatomic.h stdbool.h stddef.h stdint.h stdio.h
    stdlib.h stdnoreturn.h string.h strings.h sys/types.h
    immintrin.h cpuid.h wmmintrin.h x86intrin.h
""".split()

LIBC_EDGE = """
    arpa/inet.h arpa/nameser.h dirent.h dlfcn.h elf.h fcntl.h ftw.h getopt.h grp.h ifaddrs.h
    libgen.h link.h linux/* malloc.h net/if.h netdb.h netinet/in.h netinet/tcp.h poll.h
    pthread.h pwd.h sched.h signal.h spawn.h sys/* syslog.h termios.h time.h unistd.h
""".split()

# Folders and files that are cores through and through, and what they may not
# see.
PURE = ["p2p/rlp", "p2p/rlpx", "p2p/enode", "p2p/discover", "p2p/dnsdisc",
        "protocols"] + ["p2p/nodedb/" + name for name in (
            "entry.c", "entry.h", "known.c", "known.h", "known_disk.c",
            "known_inside.h", "known_lists.c", "known_seeds.c", "pages.c",
            "pages.h")] + [
            f"p2p/nat/{core}.{kind}" for kind in "ch" for core in (
                "http", "igd", "keeper", "method", "request", "stun")]
IMPURE = ["p2p/crypto/rng.h", "p2p/base/log.h"]

SOURCES = ["p2p", "protocols", "node", "plugins", "cmd", "packaging"]
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]*)"|<([^>]*)>|(\S.*))')


def inside(path, folders):
    return any(path == f or path.startswith(f + "/") for f in folders)


def match(header, patterns):
    return any(fnmatch.fnmatchcase(header, p) for p in patterns)


def folder_of(path):
    """The longest listed folder that holds the file, or None."""
    known = [f for f in ARROWS if inside(path, [f])]
    return max(known, key=len) if known else None


def fault_of_ours(root, path, header):
    """Why this file may not include our "header", or None."""
    folder = folder_of(path)
    if header.startswith("weft/"):
        # The plugins' own root, in either form of #include.
        there = os.path.join(root, "plugins/include", header)
        if header in GENERATED or os.path.isfile(there):
            return fault_of_library(path, header)
    if not os.path.isfile(os.path.join(root, header)):
        return "no such file: includes are written from the root"
    if inside(path, PURE) and header in IMPURE:
        return f"{folder} is pure, {header} is not"
    if inside(header, [folder] + ARROWS[folder]):
        return None
    return f"no arrow leads from {folder} there"


def fault_of_library(path, header):
    """Why this file may not include <header>, or None."""
    owners = [o for p, o in OWNERS.items() if fnmatch.fnmatchcase(header, p)]
    if owners:
        if any(inside(path, o) for o in owners):
            return None
        return "only for " + ", ".join(sum(owners, []))
    if match(header, LIBC_PURE):
        return None
    if match(header, LIBC_EDGE):
        if inside(path, PURE):
            return f"{folder_of(path)} is pure: no I/O, clock or thread"
        return None
    return "an unknown library: name its owner in include_arrows.py"


def check_file(root, path):
    if not folder_of(path):
        yield f"{path}: a folder without arrows: add it to include_arrows.py"
        return
    with open(os.path.join(root, path), encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            found = INCLUDE.match(line)
            if not found:
                continue
            ours, library, other = found.groups()
            if ours is not None:
                fault = fault_of_ours(root, path, ours)
            elif library is not None:
                fault = fault_of_library(path, library)
            else:
                fault = "cannot tell what this includes"
            if fault:
                name = ours or library or other
                yield f"{path}:{number}: {name}: {fault}"


def sources(root):
    for top in SOURCES:
        for folder, _, names in os.walk(os.path.join(root, top)):
            for name in sorted(names):
                if name.endswith((".c", ".h")):
                    yield os.path.relpath(os.path.join(folder, name), root)


def check(root):
    """All faults, and how many files were read."""
    files = sorted(sources(root))
    faults = [fault for path in files for fault in check_file(root, path)]
    return faults, len(files)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    faults, count = check(sys.argv[1])
    for fault in faults:
        print(fault)
    print(f"{count} files, {len(faults)} faults")
    if faults or not count:
        sys.exit(1)


if __name__ == "__main__":
    main()
