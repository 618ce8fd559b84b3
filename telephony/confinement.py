"""Confine a SIP process: no new privileges, resource limits, and Landlock on Linux.

These restrictions hold even if an attacker controls the SIP stack. The resource limits apply on every system. On Linux,
Landlock lets the process read its libraries, certificates and the files of the system's name resolver, but no database,
no settings and no other process (landlock(7)).
"""

import ctypes
import errno
import os
import resource
import ssl
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

PROJECT = Path(__file__).parent.parent
MAX_DESCRIPTORS = 4_096  # a call takes two to four
PR_SET_NO_NEW_PRIVS = 38

# System calls of Landlock, with the same numbers on every architecture.
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
CREATE_RULESET_VERSION, RULE_PATH_BENEATH = 1, 1
READ_FILE, READ_DIR, REMOVE_DIR, MAKE_DIR = 1 << 2, 1 << 3, 1 << 4, 1 << 7
# The number of file rights by version of Landlock's ABI. Versions after the last here handle at least as many.
FILE_RIGHTS_BY_ABI = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
SCOPES_SINCE_ABI, ABSTRACT_SOCKETS, SIGNALS = 6, 1 << 0, 1 << 1

LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64")
RESOLVER = ("/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf")
DEVICES = ("/dev/null", "/dev/urandom")


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def landlock_abi() -> int:
    """Return the version of the kernel's Landlock ABI; 0 without Landlock. Raises OSError."""
    if sys.platform != "linux":
        return 0
    try:
        return _system_call(CREATE_RULESET, None, 0, CREATE_RULESET_VERSION)
    except OSError as error:
        if error.errno in {errno.ENOSYS, errno.EOPNOTSUPP}:
            return 0
        raise


def confine(ca_file: str | None) -> None:
    """Confine this process irrevocably. Must be called before a second thread starts. Raises OSError."""
    tempfile.tempdir = str(Path.cwd())  # the only folder where it may create folders, which stay empty
    limit_resources()
    if sys.platform == "linux":
        _forbid_new_privileges()
        if version := landlock_abi():
            _restrict_files(version, ca_file)


def limit_resources() -> None:
    """Forbid writing to files and core dumps, and limit the open file descriptors."""
    _, hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    descriptors = MAX_DESCRIPTORS if hard_limit == resource.RLIM_INFINITY else min(hard_limit, MAX_DESCRIPTORS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _forbid_new_privileges() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_NO_NEW_PRIVS)")


def _restrict_files(version: int, ca_file: str | None) -> None:
    files = (1 << FILE_RIGHTS_BY_ABI.get(version, FILE_RIGHTS_BY_ABI[max(FILE_RIGHTS_BY_ABI)])) - 1
    scopes = ABSTRACT_SOCKETS | SIGNALS if version >= SCOPES_SINCE_ABI else 0
    attributes = _Ruleset(files, 0, scopes)
    size = ctypes.sizeof(attributes) if scopes else ctypes.sizeof(ctypes.c_uint64)
    ruleset = _system_call(CREATE_RULESET, ctypes.byref(attributes), size, 0)
    try:
        for path in _existing(_readable_paths(ca_file)):
            _add_rule(ruleset, path, READ_FILE | READ_DIR if path.is_dir() else READ_FILE)
        _add_rule(ruleset, Path.cwd(), READ_DIR | MAKE_DIR | REMOVE_DIR)
        _system_call(RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _readable_paths(ca_file: str | None) -> Iterator[str | Path]:
    """Yield the readable paths. The project's folder, which holds the database by default, is not among them."""
    yield from (PROJECT / "telephony", PROJECT / "models", PROJECT / "storage")
    yield from (path for path in sys.path if path and PROJECT != Path(path).resolve() != Path.cwd())
    yield from (*LIBRARIES, *RESOLVER, *DEVICES)
    system = ssl.get_default_verify_paths()
    yield from filter(None, (ca_file, system.cafile, system.capath))


def _existing(paths: Iterable[str | Path]) -> Iterator[Path]:
    return (Path(path) for path in paths if Path(path).exists())


def _add_rule(ruleset: int, path: Path, rights: int) -> None:
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = _PathBeneath(rights, descriptor)
        _system_call(ADD_RULE, ruleset, RULE_PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(descriptor)


def _system_call(number: int, *arguments: object) -> int:
    """Make a system call for which the C library has no function. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    as_longs = (ctypes.c_long(each) if isinstance(each, int) else each for each in arguments)
    result: int = libc.syscall(ctypes.c_long(number), *as_longs)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
