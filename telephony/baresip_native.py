"""Call functions of baresip that its Python library lacks: credentials and modules."""

import ctypes
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from baresip import _native

# G.711, SRTP and the test tone. Received audio goes to `aumem`, which the Python library contains.
NEEDED_MODULES = frozenset({"g711", "srtp", "ausine"})
SUCCEEDED = 0

# The name of a C function, the type of its result (None: void), and the types of its arguments.
CFunction = tuple[str, type[object] | None, Sequence[type[object]]]

_MODULE = re.compile(r"^\s*(\S+) type=", re.MULTILINE)
_Write = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p)


_POINTER, _TEXT = ctypes.c_void_p, ctypes.c_char_p
_FUNCTIONS: tuple[CFunction, ...] = (
    ("re_thread_enter", None, []),
    ("re_thread_leave", None, []),
    ("uag_list", _POINTER, []),
    ("ua_account", _POINTER, [_POINTER]),
    ("account_extra", _TEXT, [_POINTER]),
    ("account_set_auth_user", ctypes.c_int, [_POINTER, _TEXT]),
    ("account_set_auth_pass", ctypes.c_int, [_POINTER, _TEXT]),
    ("mod_debug", ctypes.c_int, [_POINTER, _POINTER]),
    ("module_unload", None, [_TEXT]),
)


class _RePrintf(ctypes.Structure):
    """libre's `struct re_printf`."""

    _fields_ = (("write", _Write), ("argument", ctypes.c_void_p))


class _ListElement(ctypes.Structure):
    """libre's `struct le`."""

    _fields_ = tuple((name, ctypes.c_void_p) for name in ("previous", "next", "list", "content"))


class BaresipNative:
    """Functions of the running SIP stack, usable between its start and its stop."""

    def __init__(self) -> None:
        self._library = load_library(_FUNCTIONS)

    def set_credentials(self, tag: str, username: str | None, password: str | None) -> bool:
        """Give the account with `extra=<tag>` the credentials that answer digest challenges.

        Returns whether the account exists and accepted them. They are copied unchanged, without being parsed.
        """
        with self._on_stack_lock():
            for account in self._accounts():
                if self._library.account_extra(account) == tag.encode():
                    return not (
                        (username and self._library.account_set_auth_user(account, username.encode()))
                        or self._library.account_set_auth_pass(account, (password or "").encode())
                    )
        return False

    def unload_modules(self) -> None:
        """Unload every module except NEEDED_MODULES. Raises RuntimeError if one cannot be unloaded."""
        with self._on_stack_lock():
            for name in self._modules() - NEEDED_MODULES:
                self._library.module_unload(name.encode())
            if left := self._modules() - NEEDED_MODULES:
                raise RuntimeError(f"the SIP stack keeps its modules {', '.join(sorted(left))}")

    def modules(self) -> set[str]:
        """Return the names of the loaded modules."""
        with self._on_stack_lock():
            return self._modules()

    def _modules(self) -> set[str]:
        written: list[bytes] = []

        def write(text: int, length: int, _argument: int | None) -> int:
            written.append(ctypes.string_at(text, length))
            return SUCCEEDED

        printer = _RePrintf(_Write(write), None)
        self._library.mod_debug(ctypes.byref(printer), None)
        return set(_MODULE.findall(b"".join(written).decode()))

    def _accounts(self) -> Iterator[int]:
        """Yield pointers to the accounts, oldest first."""
        address = ctypes.c_void_p.from_address(self._library.uag_list()).value
        while address:
            element = _ListElement.from_address(address)
            yield self._library.ua_account(element.content)
            address = element.next

    @contextmanager
    def _on_stack_lock(self) -> Iterator[None]:
        """Hold the stack's lock, so that its thread waits."""
        self._library.re_thread_enter()
        try:
            yield
        finally:
            self._library.re_thread_leave()


def load_library(functions: Sequence[CFunction]) -> ctypes.CDLL:
    """Return the native library, which baresip's Python package has loaded, with the types of these functions set.

    Without types, ctypes would truncate pointers to 32 bits.
    """
    library = ctypes.CDLL(_native.__file__)
    for name, result, arguments in functions:
        function = getattr(library, name)
        function.restype, function.argtypes = result, list(arguments)
    return library
