"""The share of a processor that Lambda gives a function: 1,769 MB of memory buy a whole one.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
"""

import os
import pathlib
import signal
import threading
import time

WHOLE_PROCESSOR_MB = 1_769
PERIOD_US = 20_000
# Version 1 has a hierarchy for each controller, version 2 has one for all.
CGROUPS = [
    (pathlib.Path("/sys/fs/cgroup"), lambda quota: {"cpu.max": f"{quota} {PERIOD_US}"}),
    (pathlib.Path("/sys/fs/cgroup/cpu"), lambda quota: {"cpu.cfs_period_us": PERIOD_US, "cpu.cfs_quota_us": quota}),
]


def share(memory_mb):
    return memory_mb / WHOLE_PROCESSOR_MB


class Cgroup:
    """By the kernel's own scheduler: the program runs until its share of a period is used up."""

    name = "a cgroup"

    def __init__(self, parent, settings):
        self.folder = parent / f"usher-start-{os.getpid()}"
        self.folder.mkdir()
        try:
            for file, value in settings.items():
                write(self.folder / file, value)
        except OSError:
            self.close()
            raise

    def cap(self, program):
        write(self.folder / "cgroup.procs", program)

    def close(self):
        self.folder.rmdir()


class Pauses:
    """Without a cgroup: the program is paused for the rest of each period, whether it ran or waited."""

    name = "pauses, which also count while the program waits"

    def __init__(self, share_of_period):
        self.share = share_of_period

    def cap(self, program):
        threading.Thread(target=self.pause, args=(program,), daemon=True).start()

    def pause(self, program):
        period = PERIOD_US / 1e6
        try:
            while True:
                os.kill(program, signal.SIGSTOP)
                time.sleep(period * (1 - self.share))
                os.kill(program, signal.SIGCONT)
                time.sleep(period * self.share)
        except ProcessLookupError:
            pass

    def close(self):
        pass


def limiter(memory_mb):
    quota = round(share(memory_mb) * PERIOD_US)
    for parent, settings in CGROUPS:
        try:
            return Cgroup(parent, settings(quota))
        except OSError:
            pass
    return Pauses(share(memory_mb))


def write(file, value):
    # Only existing files: a folder that is not a cgroup has none.
    with file.open("r+") as opened:
        opened.write(str(value))
