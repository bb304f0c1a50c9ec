"""Warm kernels: one process imports the heavy libraries once, and every study's kernel is forked from it.

Imports dominate a short study. The *forge* imports them while the workers of a run are still starting; asked
over a Unix socket, it forks a child that becomes an ordinary IPython kernel with the libraries in memory.
Nothing of a study runs in the forge, each kernel is a process of its own that is used once and thrown away,
and random generators are seeded anew: results are those of a cold kernel. Where processes cannot be forked
safely (anywhere but Linux), and where the forge has died, kernels are cold.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from workbench.parallel import BLAS_THREADS

SUPPORTED = sys.platform == "linux"
SOCKET = "forge"
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
def forge() -> Iterator[str | None]:
    """Start a forge for the time of a run; gives the address of its socket, or None where there is none."""
    if not SUPPORTED:
        yield None
        return
    folder = tempfile.mkdtemp(prefix="workbench-")  # readable by this user alone
    address = str(Path(folder) / SOCKET)
    variables = {**os.environ, **dict.fromkeys(BLAS_THREADS, "1")}
    variables["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    process = subprocess.Popen(
        [sys.executable, "-m", "workbench.reports.kernels", address, *PRELOADED],
        cwd=folder,  # an empty one, so that no file of the user's is taken for a module
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=variables,
        start_new_session=True,
    )
    try:
        yield address
    finally:
        process.stdin.close()  # the forge ends when its standard input does
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def serve(address: str, modules: Sequence[str]) -> None:
    """Import the modules, then fork a kernel a request until standard input closes (the forge's life)."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(address)
    listener.listen()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are reaped by the system, so a dead pid is gone
    watch = selectors.DefaultSelector()
    watch.register(listener, selectors.EVENT_READ)
    watch.register(sys.stdin, selectors.EVENT_READ)
    for module in modules:
        # What cannot be imported here fails again in the study that needs it, and is reported there.
        with contextlib.suppress(Exception):
            importlib.import_module(module)
    while True:
        for key, _ in watch.select():
            if key.fileobj is sys.stdin:
                return
            connection, _ = listener.accept()
            with connection, connection.makefile("r", encoding="utf-8") as request:
                order = json.loads(request.readline())
                pid = os.fork()
                if pid == 0:
                    listener.close()
                    connection.close()
                    _become_kernel(order)
                connection.sendall(f"{pid}\n".encode())


def _become_kernel(order: dict[str, Any]) -> None:
    """Turn this forked child into the kernel that was asked for; never returns."""
    import random

    import numpy as np
    from ipykernel.kernelapp import IPKernelApp

    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.environ.clear()
    os.environ.update(order["env"])
    os.environ["JPY_PARENT_PID"] = str(os.getppid())  # a kernel ends itself when its parent is gone
    os.chdir(order["cwd"])
    random.seed()
    np.random.seed()  # noqa: NPY002 - the legacy generator is what a fork would share
    sys.argv = ["ipykernel_launcher", "-f", order["connection_file"]]
    status = 1
    try:
        IPKernelApp.launch_instance()
        status = 0
    finally:
        os._exit(status)


class ForkedProcess:
    """The little of ``subprocess.Popen`` that a kernel provisioner uses, for a process not our child."""

    stdin = stdout = stderr = None

    def __init__(self, address: str, order: dict[str, Any]):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            _connect(connection, address)
            connection.sendall((json.dumps(order) + "\n").encode())
            with connection.makefile("r", encoding="utf-8") as answer:
                self.pid = int(answer.readline())

    def poll(self) -> int | None:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return 1
        return None

    def wait(self) -> int:
        while self.poll() is None:
            time.sleep(0.02)
        return 1

    def send_signal(self, signum: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signum)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


def _connect(connection: socket.socket, address: str, patience: float = 5.0) -> None:
    """Connect to a forge that may still be on its way to opening its socket."""
    deadline = time.monotonic() + patience
    while True:
        try:
            connection.connect(address)
            return
        except (FileNotFoundError, ConnectionRefusedError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def manager(address: str | None) -> Any:
    """A kernel manager for this Python: forked from the forge at ``address``, cold without one."""
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager
    from jupyter_client.provisioning import LocalProvisioner

    class WarmProvisioner(LocalProvisioner):
        async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> dict[str, Any]:
            order = {
                "connection_file": self.parent.connection_file,
                "cwd": str(kwargs.get("cwd") or Path.cwd()),
                "env": dict(kwargs.get("env") or os.environ),
            }
            try:
                self.process = ForkedProcess(address, order)
            except (OSError, ValueError):  # no forge, or one that died before it answered
                return await super().launch_kernel(cmd, **kwargs)
            self.pid = self.pgid = self.process.pid  # the kernel leads a session of its own
            self.cwd = order["cwd"]
            return self.connection_info

    # A specification of our own: a user's kernel of the name python3 may be another Python altogether.
    kernel = AsyncKernelManager(kernel_name="python3")
    kernel._kernel_spec = KernelSpec(
        argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        display_name="Python 3",
        language="python",
    )
    if address is not None and Path(address).parent.is_dir():
        kernel.kernel_id = os.urandom(8).hex()
        kernel.provisioner = WarmProvisioner(
            kernel_id=kernel.kernel_id, kernel_spec=kernel._kernel_spec, parent=kernel
        )
    return kernel


if __name__ == "__main__":
    sys.path.pop(0)  # that folder: a kernel finds its modules as any other kernel does
    serve(sys.argv[1], sys.argv[2:])
