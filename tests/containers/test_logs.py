"""The log: all of it, as it comes, and never more of it in memory than a little."""

import signal
import time
from pathlib import Path

from tests.containers.backends import everywhere, not_as_process
from tests.containers.cases import Cases, Run, stop_with
from tests.kit.processes import processes_in

MIB = 1024 * 1024
READ_SLOWLY = 1.5
"""Seconds for which a reader takes 64 KiB twenty times a second, while the batch could write gigabytes."""
GROWTH = 12 * MIB
AHEAD = 32 * MIB


@everywhere
def test_200_000_lines_come_whole_and_bytes_as_they_were_written_on_stderr_too(cases: Cases) -> None:
    odd = "printf 'a\\377\\000b\\r\\n'; head -c 100000 /dev/zero | tr '\\0' x; echo; echo; printf end"
    done = cases.script(f"exec 2>&1; seq 1 200000; sleep 0.1; ({odd}) >&2")

    assert done.code == 0, done.err
    assert (
        done.out == b"".join(b"%d\n" % n for n in range(1, 200_001)) + b"a\xff\0b\r\n" + b"x" * 100_000 + b"\n\nend\n"
    )


@not_as_process("sidecars")
def test_the_log_is_the_main_containers_alone_or_of_all_with_their_names(cases: Cases) -> None:
    assert cases.run("talk").out == b"from main\n"
    assert sorted(cases.run("talk", "--all-containers").out.splitlines()) == [b"main | from main", b"side | from side"]


@everywhere
def test_a_batch_that_writes_faster_than_its_log_is_read_waits(cases: Cases) -> None:
    process = cases.start("plain", "--", "sh", "-c", f"exec yes {'x' * 1000}")
    assert process.stdout is not None
    read = len(process.stdout.read(MIB))
    memory = [resident(process)]
    end = time.monotonic() + READ_SLOWLY
    while time.monotonic() < end:
        read += len(process.stdout.read(65536))
        memory.append(resident(process))
        time.sleep(0.05)
    written = written_by(cases)
    stop_with(process, signal.SIGTERM)

    assert max(memory) - memory[0] < GROWTH
    assert read - MIB < written < read + AHEAD


def resident(process: Run) -> int:
    """Bytes of memory that the runner has."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) * 1024


def written_by(cases: Cases) -> int:
    """Bytes that the batch's `yes` has written."""
    return sum(counted for pid in batch_processes(cases) if (counted := written(pid)))


def batch_processes(cases: Cases) -> list[int]:
    if cases.backend.engine is None:
        return [int(process.split()[1]) for process in processes_in(cases.root / "batches")]
    top = cases.running()["main"]["State"]["Pid"]
    space = Path(f"/proc/{top}/ns/pid").readlink()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if entry.joinpath("ns/pid").readlink() == space:
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def written(pid: int) -> int:
    io = Path(f"/proc/{pid}/io").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in io if line.startswith("wchar"))
