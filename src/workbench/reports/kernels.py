"""Warm kernels: one process imports the heavy libraries once, and every study's kernel is forked from it.

Imports dominate a short study. The *forge* imports them while the workers of a run are still starting; asked
over a Unix socket, it forks a child that becomes an ordinary IPython kernel with the libraries in memory.
Nothing of a study runs in the forge, each kernel is a process of its own that is used once and thrown away,
and random generators are seeded anew: results are those of a cold kernel. Where processes cannot be forked
safely (anywhere but Linux), and where the forge has died, kernels are cold.

Nothing outlives a run. Whoever asked for a kernel keeps the line to the forge open: when it closes, because
the kernel is done with or because a worker died, the forge kills the kernel and all that it started. When the
run itself is gone, however it ended, the forge kills what is left and clears the run's hidden folders away.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import selectors
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from workbench.parallel import BLAS_THREADS

SUPPORTED = sys.platform == "linux"
PATIENCE = 20.0  # seconds in which the workers of a dead run are waited for
ANSWER = 180.0  # seconds in which a forge has its libraries in memory; after that a kernel starts without it
LOOK = 1.0  # seconds after which a forge that has not answered is looked at: is it stopped?
STOPPED, DEAD = "Tt", "ZX"  # letters of the system; one that nobody has buried yet (Z) is dead
ENDED = b"ended\n"  # what the forge says on the line of a kernel that has ended by itself
OPTIONS = ("--IPKernelApp.extra_extensions=workbench.reports.imported",)
# In the order in which a study is likely to need them; matplotlib_inline's backend must not be among them,
# because it looks for a running IPython while it is imported.
PRELOADED = (
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "numpy",
    "pandas",
    "matplotlib.pyplot",
    "matplotlib.backends.backend_svg",
    "pydantic.main",
    "yaml",
    "scipy.stats",
    "scipy.optimize",
    "scipy.linalg",
    "workbench.show",
    "workbench.survey.responses",
    "workbench.evidence.claims",
)


@contextlib.contextmanager
def forge(parents: Sequence[Path] = (), modules: Sequence[str] | None = None) -> Iterator[str | None]:
    """Start a forge for the time of a run; gives its address, or None where there is none.

    ``parents`` are the folders beside whose contents the run works: where it dies, or ends in an error, they
    are cleared of it.
    """
    if not SUPPORTED:
        yield None
        return
    folders = [str(parent.absolute()) for parent in parents]
    modules = PRELOADED if modules is None else modules
    address = f"{_here()} workbench-{os.urandom(16).hex()}"
    variables = {**os.environ, **dict.fromkeys(BLAS_THREADS, "1")}
    variables["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    process = subprocess.Popen(
        [sys.executable, "-m", "workbench.reports.kernels", address, json.dumps(folders), *modules],
        cwd="/",  # where no file of the user's is taken for a module
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=variables,
        start_new_session=True,
    )
    told: Any = process.stdin  # a pipe, as was asked for
    try:
        yield address
        with contextlib.suppress(BrokenPipeError):
            told.write(b"done\n")
            told.flush()
    finally:
        with contextlib.suppress(BrokenPipeError):
            told.close()  # the forge ends when its standard input does
        try:
            process.wait(timeout=2 * PATIENCE)
        except subprocess.TimeoutExpired:  # stopped, or hanging; its kernels die with it
            process.kill()
            process.wait()


def guard(parents: Sequence[Path]) -> contextlib.AbstractContextManager[str | None]:
    """Have the folders cleared of what this process leaves beside their contents where it dies meanwhile."""
    return forge(parents, ())


def _here() -> str:
    """This machine, as far as its processes see one another's sockets."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return f"{boot}{os.readlink('/proc/self/ns/net')}"


def _socket_name(address: str) -> str:
    """The name of a socket that lives in memory and leaves no file."""
    return "\0" + address.split(" ")[1]


class Forge:
    """The forge's life: a kernel a request, until standard input closes."""

    def __init__(self, address: str):
        self._lines: dict[int, socket.socket] = {}  # of the kernels that live, by process
        self._watch = selectors.DefaultSelector()
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(_socket_name(address))
        self._listener.listen()
        self._watch.register(self._listener, selectors.EVENT_READ, self._fork)
        self._watch.register(sys.stdin, selectors.EVENT_READ, None)

    def serve(self) -> None:
        """Fork kernels and end them until standard input has something to say: that the run is over."""
        while True:
            for key, _ in self._watch.select():
                if key.data is None:
                    return
                key.data()

    def is_over(self) -> bool:
        """Whether standard input has something to say, asked while the libraries are being imported."""
        return any(key.data is None for key, _ in self._watch.select(0))

    def end(self) -> None:
        """Kill every kernel."""
        for pid in list(self._lines):
            self._kill(pid)

    def _fork(self) -> None:
        line, _ = self._listener.accept()
        if _other_end(line)[1] != os.getuid():  # the socket has no file whose rights would tell
            line.close()
            return
        try:
            with line.makefile("r", encoding="utf-8") as request:
                order = json.loads(request.readline())
        except (OSError, ValueError):  # a worker that died as it asked
            line.close()
            return
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            for one in (self._listener, line, *self._lines.values()):
                one.close()
            _become_kernel(order, parent)
        self._lines[pid] = line
        self._watch.register(line, selectors.EVENT_READ, lambda: self._kill(pid))
        watched = os.pidfd_open(pid)
        self._watch.register(watched, selectors.EVENT_READ, lambda: self._tell(watched, line))
        with contextlib.suppress(OSError):
            line.sendall(f"{pid}\n".encode())

    def _tell(self, watched: int, line: socket.socket) -> None:
        """Say that a kernel has ended; it is buried when its line closes, so that it keeps its number."""
        self._watch.unregister(watched)
        os.close(watched)
        with contextlib.suppress(OSError):
            line.sendall(ENDED)

    def _kill(self, pid: int) -> None:
        """End a kernel and what it started."""
        line = self._lines.pop(pid)
        self._watch.unregister(line)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)  # itself first: it may not lead its own group yet
            os.killpg(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)
        line.close()


def serve(address: str, parents: Sequence[Path], modules: Sequence[str]) -> None:
    """Import the modules and serve kernels; when the run is gone, clear away what it left."""
    from workbench.reports import commit

    told: Any = sys.stdin.buffer  # whose raw file is not read ahead
    forge = Forge(address)
    for module in modules:
        if forge.is_over():
            break
        # What cannot be imported here fails again in the study that needs it, and is reported there.
        with contextlib.suppress(Exception):
            importlib.import_module(module)
    forge.serve()
    died = not told.raw.readline()
    forge.end()
    deadline = time.monotonic() + PATIENCE
    while died and time.monotonic() < deadline:  # its workers see it too, and let go of what they hold
        with contextlib.suppress(OSError):
            swept = [commit.sweep(parent) for parent in parents]  # all of them, whatever one says
            if all(swept):
                return
        time.sleep(0.1)


def _become_kernel(order: dict[str, Any], parent: int) -> None:
    """Turn this forked child into the kernel that was asked for; never returns."""
    status = 1
    try:
        import random

        import numpy as np
        from ipykernel.kernelapp import IPKernelApp

        os.setsid()
        _die_with(parent)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.environ.clear()
        os.environ.update(order["env"])
        os.chdir(order["cwd"])
        random.seed()
        np.random.seed()  # noqa: NPY002 - the legacy generator is what a fork would share
        sys.argv = ["ipykernel_launcher", "-f", order["connection_file"], *OPTIONS]
        IPKernelApp.launch_instance()
        status = 0
    finally:
        os._exit(status)


def _die_with(parent: int) -> None:
    """Have the system kill this process when its parent dies."""
    import ctypes

    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:
        os._exit(1)


class ForkedProcess:
    """The little of ``subprocess.Popen`` that a kernel provisioner uses, for a process not our child."""

    stdin = stdout = stderr = None

    def __init__(self, address: str, order: dict[str, Any]):
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._ended = False
        try:
            _connect(self._line, _socket_name(address))
            self._line.settimeout(ANSWER)
            self._line.sendall((json.dumps(order) + "\n").encode())
            self.pid = int(self._answer())
        except BaseException:
            self._line.close()
            raise
        self._line.setblocking(False)

    def _answer(self) -> bytes:
        """The forge's answer; OSError where it ends, is stopped, or takes too long."""
        answer, deadline = b"", time.monotonic() + ANSWER
        forge, _ = _other_end(self._line)
        self._line.settimeout(LOOK)
        while not answer.endswith(b"\n"):
            try:
                piece = self._line.recv(1)
            except TimeoutError:
                if _state(forge) in STOPPED or time.monotonic() > deadline:
                    raise
                continue
            if not piece:
                raise ConnectionError("the forge ended")
            answer += piece
        return answer

    def poll(self) -> int | None:
        if not self._ended:
            try:
                self._line.recv(64)  # it says that the kernel has ended, or has ended itself
            except BlockingIOError:
                if _state(self.pid) not in DEAD:  # nor would a forge that is stopped say so
                    return None
            except OSError:
                pass
            self._ended = True
        return 1

    def wait(self) -> int:
        while self.poll() is None:
            time.sleep(0.02)
        self._line.close()
        return 1

    def send_signal(self, signum: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signum)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


def _state(pid: int) -> str:
    """What the system says of a process, a letter; X for one that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(") ")[2][:1]
    except OSError:
        return "X"


def _other_end(line: socket.socket) -> tuple[int, int]:
    """The process at the other end of a line, and its user."""
    credentials = line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    process, user, _ = struct.unpack("3i", credentials)
    return process, user


def _connect(connection: socket.socket, address: str, patience: float = 5.0) -> None:
    """Connect to a forge that may still be on its way to opening its socket."""
    deadline = time.monotonic() + patience
    while True:
        try:
            connection.connect(address)
            return
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def manager(address: str | None, connection: Path) -> Any:
    """A kernel manager for this Python: forked from the forge at ``address``, cold without one.

    ``connection`` is the file that says how to speak to the kernel; what is only for its owner to read.
    """
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager
    from jupyter_client.provisioning import LocalProvisioner

    class WarmProvisioner(LocalProvisioner):
        parent: Any
        process: Any

        async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
            order = {
                "connection_file": self.parent.connection_file,
                "cwd": str(kwargs.get("cwd") or Path.cwd()),
                "env": dict(kwargs.get("env") or os.environ),
            }
            try:
                self.process = ForkedProcess(address or "", order)
            except (OSError, ValueError):  # no forge, or one that died before it answered
                return await super().launch_kernel(cmd, **kwargs)
            self.pid = self.pgid = self.process.pid  # the kernel leads a session of its own
            self.cwd = order["cwd"]
            return self.connection_info

    # A specification of our own: a user's kernel of the name python3 may be another Python altogether.
    kernel = AsyncKernelManager(kernel_name="python3", connection_file=str(connection))
    kernel._kernel_spec = KernelSpec(
        argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", *OPTIONS],
        display_name="Python 3",
        language="python",
    )
    if address is not None and address.split(" ")[0] == _here():
        kernel.kernel_id = os.urandom(8).hex()
        kernel.provisioner = WarmProvisioner(
            kernel_id=kernel.kernel_id, kernel_spec=kernel._kernel_spec, parent=kernel
        )
    return kernel


if __name__ == "__main__":
    sys.path.pop(0)  # the root: a kernel finds its modules as any other kernel does
    serve(sys.argv[1], [Path(parent) for parent in json.loads(sys.argv[2])], sys.argv[3:])
